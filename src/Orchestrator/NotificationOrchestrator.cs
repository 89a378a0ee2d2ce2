using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.Logging;

namespace FlDurable.Orchestrator;

/// <summary>
/// Tells somebody that a federation is over, for as long as a day. The federation waits for none of it: it is over.
/// </summary>
internal sealed partial class NotificationOrchestrator : IOrchestrator<Notification, bool>
{
    /// <returns>Whether it was taken.</returns>
    public async Task<bool> RunAsync(IOrchestrationContext context, Notification input)
    {
        try
        {
            return await context.CallActivityAsync(Activities.SendNotification, input, Retries.Notification);
        }
        catch (TaskFailedException exception)
        {
            LogNotDelivered(context.CreateReplaySafeLogger(nameof(NotificationOrchestrator)), input.Federation, exception.Reason);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Of the end of federation {Federation} nobody was told, though somebody wants to be: {Reason}")]
    private static partial void LogNotDelivered(ILogger logger, string federation, string reason);
}
