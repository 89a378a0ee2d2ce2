using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>Orchestrations start orchestrations, several levels down and side by side, and get what they return.</summary>
internal sealed class NestedOrchestrations : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, int> Tree = new("NestedOrchestrationsTree");

    public override void AddTo(IServiceCollection services) => services
        .AddOrchestratorFunc(Tree, async (context, depth) =>
        {
            if (depth == 0)
                return 1;
            var children = await Task.WhenAll(Enumerable.Range(0, 3).Select(child =>
                context.CallSubOrchestratorAsync(Tree, depth - 1, $"{context.InstanceId}-{child}")));
            return children.Sum();
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Tree, 3, id);
        await ExpectOutputAsync(host, id, 27);
        await ExpectOutputAsync(host, $"{id}-2", 9);
    }
}
