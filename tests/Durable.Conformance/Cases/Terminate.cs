using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>A terminated instance is over, whatever it waited for, and shows what it showed last.</summary>
internal sealed class Terminate : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("TerminateMain");

    public override void AddTo(IServiceCollection services) => services
        .AddOrchestratorFunc(Main, (context, _) =>
        {
            context.SetCustomStatus("waiting");
            return context.WaitForExternalEvent<string>("never");
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 0, id);
        await WaitForStatusAsync(host, id, "waiting");
        await host.TerminateAsync(id, "no longer needed");
        var instance = await host.WaitAsync(id, instance => instance.IsOver);
        Expect(instance.RuntimeStatus, OrchestrationRuntimeStatus.Terminated, $"status of '{id}'");
        Expect(instance.ReadCustomStatusAs<string>(), "waiting", $"custom status of '{id}'");
        await host.RaiseAsync(id, "never", "anything");
        Expect((await host.OutcomeAsync(id)).RuntimeStatus, OrchestrationRuntimeStatus.Terminated, $"status of '{id}' after an event");
    }
}
