using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator;

/// <summary>
/// Starts the instance that tells of a federation's end. It is nobody's child: a federation that started one itself would not be over, on some
/// engines, before that was.
/// </summary>
internal sealed class BeginNotification(IOrchestrationClient? client = null) : IActivity<Notification, bool>
{
    public Task<bool> RunAsync(Notification input, CancellationToken cancellationToken) => client is null
        ? throw new InvalidOperationException("this process has no client of the engine to start an instance by")
        : client.ScheduleNewOrchestrationInstanceAsync(Orchestrations.Notification, input, input.InstanceId, cancellationToken);
}
