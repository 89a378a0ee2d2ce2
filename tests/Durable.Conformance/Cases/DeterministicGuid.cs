using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>An id is the same in every replay, and differs from all others of its instance and of another.</summary>
internal sealed class DeterministicGuid : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, Guid[]> Main = new("DeterministicGuidMain");
    private static readonly ActivityDescriptor<Guid, Guid> Echo = new("DeterministicGuidEcho");

    public override void AddTo(IServiceCollection services) => services
        .AddActivityFunc(Echo, (id, _) => Task.FromResult(id))
        .AddOrchestratorFunc(Main, async (context, count) =>
        {
            var now = new List<Guid>();
            var recorded = new List<Guid>();
            for (var index = 0; index < count; index++)
            {
                now.Add(context.NewGuid());
                recorded.Add(await context.CallActivityAsync(Echo, now[^1]));
            }

            return now.SequenceEqual(recorded) ? [.. now] : [];
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        var ids = new HashSet<Guid>();
        foreach (var instance in new[] { $"{id}-a", $"{id}-b" })
        {
            await host.StartAsync(Main, 3, instance);
            var outcome = await host.WaitAsync(instance, outcome => outcome.IsOver);
            ids.UnionWith(outcome.ReadOutputAs<Guid[]>() ?? []);
        }

        Expect(ids.Count, 6, "different ids");
    }
}
