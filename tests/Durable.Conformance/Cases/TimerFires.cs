using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>A timer fires at its time or later; one for a time that has passed fires too.</summary>
internal sealed class TimerFires : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, bool> Main = new("TimerFiresMain");

    public override void AddTo(IServiceCollection services) => services
        .AddOrchestratorFunc(Main, async (context, seconds) =>
        {
            var fireAt = context.CurrentUtcDateTime.AddSeconds(seconds);
            await context.CreateTimer(fireAt, CancellationToken.None);
            return context.CurrentUtcDateTime >= fireAt;
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 1, $"{id}-ahead");
        await host.StartAsync(Main, -1, $"{id}-passed");
        await ExpectOutputAsync(host, $"{id}-ahead", true);
        await ExpectOutputAsync(host, $"{id}-passed", true);
    }
}
