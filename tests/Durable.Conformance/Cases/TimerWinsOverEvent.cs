using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>An event that does not come in time is not waited for any longer.</summary>
internal sealed class TimerWinsOverEvent : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("TimerWinsOverEventMain");

    public override void AddTo(IServiceCollection services) => services.AddOrchestratorFunc(Main, EventRace.RunAsync);

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 1, id);
        await ExpectOutputAsync(host, id, "nothing");
    }
}
