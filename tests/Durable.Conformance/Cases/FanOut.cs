using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>Activities that are started together give their results in the order in which they were started.</summary>
internal sealed class FanOut : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, int[]> Main = new("FanOutMain");
    private static readonly ActivityDescriptor<int, int> Square = new("FanOutSquare");

    public override void AddTo(IServiceCollection services) => services
        .AddActivityFunc(Square, (x, _) => Task.FromResult(x * x))
        .AddOrchestratorFunc(Main, (context, n) =>
            Task.WhenAll(Enumerable.Range(0, n).Select(x => context.CallActivityAsync(Square, x))));

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 50, id);
        await ExpectOutputAsync(host, id, Enumerable.Range(0, 50).Select(x => x * x).ToArray());
    }
}
