using System.Text.Json.Nodes;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Notifications;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>Tells somebody that a federation is over, and no more of it than that: whoever wants to know more asks, with a key.</summary>
internal sealed class SendNotification(NotificationSender sender) : IActivity<Notification, bool>
{
    /// <exception cref="NotDeliveredException">It was not taken; it is sent again.</exception>
    /// <exception cref="KnownFailureException">It was not taken, and never will be.</exception>
    public async Task<bool> RunAsync(Notification input, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["type"] = $"federation.{input.Status}",
            ["timestamp"] = input.EndedAt,
            ["data"] = new JsonObject { ["id"] = input.Federation, ["status"] = input.Status },
        };
        try
        {
            await sender.SendAsync(new Uri(input.Url), input.InstanceId, body.ToJsonString(), cancellationToken);
            return true;
        }
        catch (NotDeliveredException exception) when (exception.IsForGood)
        {
            throw new KnownFailureException(exception.Message, FailureKind.WorkForGood);
        }
    }
}
