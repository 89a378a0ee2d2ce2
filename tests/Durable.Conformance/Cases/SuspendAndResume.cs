using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>
/// A suspended instance waits, whatever comes for it, and goes on with that when it is resumed. Asking for what is so already changes nothing
/// and is no error.
/// </summary>
internal sealed class SuspendAndResume : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("SuspendAndResumeMain");

    public override void AddTo(IServiceCollection services) => services
        .AddOrchestratorFunc(Main, (context, _) =>
        {
            context.SetCustomStatus("waiting");
            return context.WaitForExternalEvent<string>("data");
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 0, id);
        await WaitForStatusAsync(host, id, "waiting");
        await host.ResumeAsync(id, "it runs");
        await host.SuspendAsync(id, "lunch");
        await host.SuspendAsync(id, "more lunch");
        await host.WaitAsync(id, instance => instance.RuntimeStatus == OrchestrationRuntimeStatus.Suspended);
        await host.RaiseAsync(id, "data", "kept");
        Expect((await host.OutcomeAsync(id)).RuntimeStatus, OrchestrationRuntimeStatus.Suspended, $"status of '{id}' after an event");
        await host.ResumeAsync(id, "back");
        await host.ResumeAsync(id, "back again");
        await ExpectOutputAsync(host, id, "kept");
        await host.SuspendAsync(id, "it is over");
        await host.ResumeAsync(id, "it is over");
        await ExpectOutputAsync(host, id, "kept");
    }
}
