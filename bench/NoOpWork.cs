using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Bench;

/// <summary>Activities that do nothing, in the orders in which a federation has its own: what they cost is the engine's.</summary>
internal static class NoOpWork
{
    public const int ClientsPerRound = 10;

    private static readonly ActivityDescriptor<int, int> NoOp = new("NoOp");

    /// <summary>As many as its input, all at once.</summary>
    public static OrchestratorDescriptor<int, int> FanOutOf { get; } = new("FanOutOf");

    /// <summary>As many as its input, one after another.</summary>
    public static OrchestratorDescriptor<int, int> SequenceOf { get; } = new("SequenceOf");

    /// <summary>Ten at once; its input is the round.</summary>
    private static OrchestratorDescriptor<int, int> Round { get; } = new("Round");

    /// <summary>Adds the activity and the orchestrators.</summary>
    /// <param name="services">A host's services.</param>
    /// <param name="ends">Told when an instance has nothing left to do.</param>
    public static IServiceCollection AddNoOpWork(this IServiceCollection services, Ends ends) => services
        .AddActivityFunc(NoOp, (x, _) => Task.FromResult(x))
        .AddOrchestratorFunc(FanOutOf, async (context, n) =>
        {
            await FanOutAsync(context, n);
            ends.Tell(context.InstanceId);
            return n;
        })
        .AddOrchestratorFunc(SequenceOf, async (context, n) =>
        {
            for (var x = 0; x < n; x++)
                await context.CallActivityAsync(NoOp, x);
            ends.Tell(context.InstanceId);
            return n;
        })
        .AddOrchestratorFunc(Round, (context, _) => FanOutAsync(context, ClientsPerRound));

    /// <summary>Runs a round as a federation does, in a child.</summary>
    public static Task RunRoundAsync(IOrchestrationContext context, int round) =>
        context.CallSubOrchestratorAsync(Round, round, $"{context.InstanceId}:round-{round}");

    /// <summary>Starts an instance, and measures how long it takes until it has nothing left to do.</summary>
    public static Task<TimeSpan> TimeAsync(
        IOrchestrationClient client, OrchestratorDescriptor<int, int> orchestrator, int input, string instanceId, Ends ends, CancellationToken cancellationToken) =>
        ends.TimeAsync(instanceId, async () =>
        {
            await client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, instanceId, cancellationToken);
            var instance = await client.WaitForInstanceCompletionAsync(instanceId, cancellationToken);
            if (instance.RuntimeStatus != OrchestrationRuntimeStatus.Completed)
                throw new InvalidOperationException($"{instanceId} ended as {instance.RuntimeStatus}: {instance.FailureReason}");
        });

    private static async Task<int> FanOutAsync(IOrchestrationContext context, int count) =>
        (await Task.WhenAll(Enumerable.Range(0, count).Select(x => context.CallActivityAsync(NoOp, x)))).Length;
}
