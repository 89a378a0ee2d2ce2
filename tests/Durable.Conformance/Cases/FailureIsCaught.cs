using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>An orchestration knows of a failed activity or child by name and reason, and can go on.</summary>
internal sealed class FailureIsCaught : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("FailureIsCaughtMain");
    private static readonly OrchestratorDescriptor<int, int> Child = new("FailureIsCaughtChild");
    private static readonly ActivityDescriptor<int, int> FailIfOdd = new("FailureIsCaughtFailIfOdd");

    public override void AddTo(IServiceCollection services) => services
        .AddActivityFunc(FailIfOdd, (x, _) => x % 2 == 0 ? Task.FromResult(x) : throw new InvalidOperationException($"{x} is odd"))
        .AddOrchestratorFunc(Child, (_, x) => throw new InvalidOperationException($"child {x}"))
        .AddOrchestratorFunc(Main, async (context, _) =>
        {
            var activity = await ReasonOfAsync(context.CallActivityAsync(FailIfOdd, 7));
            var child = await ReasonOfAsync(context.CallSubOrchestratorAsync(Child, 8, $"{context.InstanceId}-child"));
            return $"{activity}, {child}, {await context.CallActivityAsync(FailIfOdd, 10)}";
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 0, id);
        await ExpectOutputAsync(host, id, "FailureIsCaughtFailIfOdd: 7 is odd, FailureIsCaughtChild: child 8, 10");
    }

    private static async Task<string> ReasonOfAsync(Task<int> task)
    {
        try
        {
            return $"{await task}";
        }
        catch (TaskFailedException failure)
        {
            return $"{failure.TaskName}: {failure.Reason}";
        }
    }
}
