using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>
/// An activity that fails at every attempt fails with its message, after waits that grow by the policy's coefficient up to its longest.
/// </summary>
internal sealed class RetriesThatAreSpent : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("RetriesThatAreSpentMain");
    private static readonly ActivityDescriptor<int, int> AlwaysFail = new("RetriesThatAreSpentAlwaysFail");
    private static readonly RetryPolicy Policy = new(
        4, TimeSpan.FromMilliseconds(200), BackoffCoefficient: 3, MaxRetryInterval: TimeSpan.FromMilliseconds(900));

    public override void AddTo(IServiceCollection services) => services
        .AddActivityFunc(AlwaysFail, (int _, CancellationToken _) => Task.FromException<int>(new InvalidOperationException("no such client")))
        .AddOrchestratorFunc(Main, async (context, x) =>
        {
            var start = context.CurrentUtcDateTime;
            try
            {
                return $"{await context.CallActivityAsync(AlwaysFail, x, Policy)}";
            }
            catch (TaskFailedException failure)
            {
                var waited = context.CurrentUtcDateTime - start;
                return waited >= TimeSpan.FromMilliseconds(200 + 600 + 900) ? failure.Reason : $"failed after {waited}";
            }
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 0, id);
        await ExpectOutputAsync(host, id, "no such client");
    }
}
