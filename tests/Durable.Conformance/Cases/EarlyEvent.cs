using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>An event that comes before anyone waits for it is kept; names do not mind case.</summary>
internal sealed class EarlyEvent : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("EarlyEventMain");

    public override void AddTo(IServiceCollection services) => services
        .AddOrchestratorFunc(Main, async (context, _) =>
        {
            context.SetCustomStatus("waiting");
            await context.WaitForExternalEvent<int>("go");
            return await context.WaitForExternalEvent<string>("data");
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 0, id);
        await WaitForStatusAsync(host, id, "waiting");
        await host.RaiseAsync(id, "DATA", "early");
        await host.RaiseAsync(id, "go", 0);
        await ExpectOutputAsync(host, id, "early");
    }
}
