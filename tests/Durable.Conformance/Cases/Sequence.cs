using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>Activities that are awaited one by one run one after another, each with the result of the one before.</summary>
internal sealed class Sequence : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, int> Main = new("SequenceMain");
    private static readonly ActivityDescriptor<int, int> Double = new("SequenceDouble");

    public override void AddTo(IServiceCollection services) => services
        .AddActivityFunc(Double, (x, _) => Task.FromResult(2 * x))
        .AddOrchestratorFunc(Main, async (context, x) =>
        {
            for (var step = 0; step < 5; step++)
                x = await context.CallActivityAsync(Double, x);
            return x;
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 3, id);
        await ExpectOutputAsync(host, id, 96);
    }
}
