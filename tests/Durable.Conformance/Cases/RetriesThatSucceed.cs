using System.Collections.Concurrent;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>A failed activity is tried again, and what it returns in the end is what counts.</summary>
internal sealed class RetriesThatSucceed : ConformanceCase
{
    private static readonly OrchestratorDescriptor<string, string> Main = new("RetriesThatSucceedMain");
    private static readonly ActivityDescriptor<string, string> ThirdTimeLucky = new("RetriesThatSucceedThirdTimeLucky");

    // An activity may run more often than it is called: this counts at least the attempts.
    private readonly ConcurrentDictionary<string, int> attempts = new();

    public override void AddTo(IServiceCollection services) => services
        .AddActivityFunc(ThirdTimeLucky, (key, _) =>
        {
            var attempt = attempts.AddOrUpdate(key, 1, (_, before) => before + 1);
            return attempt < 3 ? throw new InvalidOperationException($"attempt {attempt}") : Task.FromResult("third time lucky");
        })
        .AddOrchestratorFunc(Main, (context, key) =>
            context.CallActivityAsync(ThirdTimeLucky, key, new RetryPolicy(5, TimeSpan.FromMilliseconds(100))));

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, id, id);
        await ExpectOutputAsync(host, id, "third time lucky");
    }
}
