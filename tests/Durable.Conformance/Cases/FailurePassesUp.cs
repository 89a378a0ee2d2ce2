using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>An activity's failure that no one catches fails its orchestration and the parents of that, with the message.</summary>
internal sealed class FailurePassesUp : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, int> Level = new("FailurePassesUpLevel");
    private static readonly ActivityDescriptor<int, int> Fail = new("FailurePassesUpFail");

    public override void AddTo(IServiceCollection services) => services
        .AddActivityFunc(Fail, (int _, CancellationToken _) => Task.FromException<int>(new InvalidOperationException("the disk is full")))
        .AddOrchestratorFunc(Level, (context, depth) => depth == 0
            ? context.CallActivityAsync(Fail, 0)
            : context.CallSubOrchestratorAsync(Level, depth - 1, $"{context.InstanceId}-below"));

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Level, 2, id);
        await ExpectFailureAsync(host, id, "the disk is full");
        await ExpectFailureAsync(host, $"{id}-below-below", "the disk is full");
    }
}
