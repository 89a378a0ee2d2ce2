using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>
/// An instance that has failed is started once more under its id, with another input and without what it showed; neither one that is over otherwise
/// or on its way is, nor one by a failure that is past.
/// </summary>
internal sealed class FailedAndRestarted : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("FailedAndRestartedMain");
    private static readonly OrchestratorDescriptor<int, int> Child = new("FailedAndRestartedChild");

    public override void AddTo(IServiceCollection services) => services
        .AddOrchestratorFunc(Child, (_, input) => Task.FromResult(input * 2))
        .AddOrchestratorFunc(Main, async (context, run) =>
        {
            var doubled = await context.CallSubOrchestratorAsync(Child, run, $"{context.InstanceId}-child-{run}");
            if (run < 3)
            {
                context.SetCustomStatus($"run {run}");
                throw new InvalidOperationException($"run {run} fails");
            }

            return $"{await context.WaitForExternalEvent<string>("go")} {doubled}";
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 1, id);
        await ExpectFailureAsync(host, id, "run 1 fails");
        var first = await host.OutcomeAsync(id);

        Expect(await host.RestartFailedAsync(Main, 2, id, first.LastUpdatedAt), true, "start of what has failed");
        await ExpectFailureAsync(host, id, "run 2 fails");
        var second = await host.OutcomeAsync(id);
        Expect(await host.RestartFailedAsync(Main, 3, id, first.LastUpdatedAt), false, "start by a failure that is past");
        Expect(await host.RestartFailedAsync(Main, 3, id, second.LastUpdatedAt), true, "start of what has failed again");

        var running = await host.WaitAsync(id, instance => instance.RuntimeStatus == OrchestrationRuntimeStatus.Running);
        Expect(running.SerializedCustomStatus, null, "custom status after the start");
        Expect(running.FailureReason, null, "failure after the start");
        Expect(await host.RestartFailedAsync(Main, 4, id, running.LastUpdatedAt), false, "start of what runs");
        await host.RaiseAsync(id, "go", "went");
        await ExpectOutputAsync(host, id, "went 6");
        var over = await host.OutcomeAsync(id);
        Expect(await host.RestartFailedAsync(Main, 4, id, over.LastUpdatedAt), false, "start of what is completed");
        Expect(await host.RestartFailedAsync(Main, 4, $"{id}-none", over.LastUpdatedAt), false, "start of what is not there");
    }
}
