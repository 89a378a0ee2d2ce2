using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>An orchestration waits for an event as long as it takes; one for an instance that is over is ignored.</summary>
internal sealed class LateEvent : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("LateEventMain");

    public override void AddTo(IServiceCollection services) => services
        .AddOrchestratorFunc(Main, async (context, _) =>
        {
            var data = context.WaitForExternalEvent<string>("data");
            await context.CreateTimer(context.CurrentUtcDateTime.AddSeconds(1), CancellationToken.None);
            context.SetCustomStatus("waiting");
            return await data;
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 0, id);
        await WaitForStatusAsync(host, id, "waiting");
        await host.RaiseAsync(id, "data", "late");
        await ExpectOutputAsync(host, id, "late");
        await host.RaiseAsync(id, "data", "too late");
        await ExpectOutputAsync(host, id, "late");
    }
}
