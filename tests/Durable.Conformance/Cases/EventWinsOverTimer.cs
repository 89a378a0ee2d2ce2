using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>An event that comes in time wins, and the cancelled timer holds nothing up.</summary>
internal sealed class EventWinsOverTimer : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("EventWinsOverTimerMain");

    public override void AddTo(IServiceCollection services) => services.AddOrchestratorFunc(Main, EventRace.RunAsync);

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, (int)TimeSpan.FromDays(1).TotalSeconds, id);
        await WaitForStatusAsync(host, id, "waiting");
        await host.RaiseAsync(id, "answer", "yes");
        await ExpectOutputAsync(host, id, "yes");
    }
}
