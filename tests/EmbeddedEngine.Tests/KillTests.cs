using System.Collections.Concurrent;
using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.EmbeddedEngine.Tests;

/// <summary>
/// A process may be killed anywhere. What it leaves is its files as they are then, the write-ahead log with a transaction half-written
/// among them; so they are copied at each crash point, and an engine goes on from each copy.
/// </summary>
public sealed class KillTests : IDisposable
{
    private static readonly OrchestratorDescriptor<int, string> Rounds = new("Rounds");
    private static readonly OrchestratorDescriptor<int, int> Round = new("Round");
    private static readonly ActivityDescriptor<int, int> Train = new("Train");
    private static readonly ActivityDescriptor<int, int> Flaky = new("Flaky");

    private readonly TestFolder folder = new();
    private readonly FakeTimeProvider time = new();
    private readonly List<(string Point, TestFolder Folder)> kills = [];

    public void Dispose()
    {
        folder.Dispose();
        kills.ForEach(kill => kill.Folder.Dispose());
    }

    [Fact]
    public async Task An_engine_goes_on_from_wherever_the_one_before_was_killed()
    {
        await using var undisturbed = await TestEngine.StartAsync(
            folder, Configure, time, crashPoint: point => kills.Add((point, folder.AfterKill())));
        await undisturbed.ScheduleAsync(Rounds, 1, "rounds");
        await undisturbed.RaiseAsync("rounds", "go", 0);
        var expected = (await undisturbed.RunToEndAsync("rounds")).Output<string>();

        Assert.InRange(kills.Count, 20, 500);
        foreach (var (point, killed) in kills.ToList())
        {
            await using var next = await TestEngine.StartAsync(killed, Configure, time);
            await next.Client.ScheduleNewOrchestrationInstanceAsync(Rounds, 1, "rounds", TestContext.Current.CancellationToken);
            await next.RaiseAsync("rounds", "go", 0);
            Assert.Equal((point, expected), (point, (await next.RunToEndAsync("rounds")).Output<string>()));
        }
    }

    private static void Configure(IServiceCollection services)
    {
        var failed = new ConcurrentDictionary<int, bool>();
        services
            .AddActivityFunc(Train, (x, _) => Task.FromResult(10 * x))
            .AddActivityFunc(Flaky, (x, _) => failed.TryAdd(x, true) ? throw new InvalidOperationException("busy") : Task.FromResult(x))
            .AddOrchestratorFunc(Round, async (context, round) =>
            {
                var trained = await Task.WhenAll(Enumerable.Range(0, 8).Select(x => context.CallActivityAsync(Train, x)));
                return trained.Sum() + await context.CallActivityAsync(Flaky, round, new RetryPolicy(3, TimeSpan.FromSeconds(1)));
            })
            .AddOrchestratorFunc(Rounds, async (context, round) =>
            {
                if (round == 1)
                    await context.WaitForExternalEvent<int>("go");
                var result = await context.CallSubOrchestratorAsync(Round, round, $"{context.InstanceId}:{round}");
                if (round < 3)
                    context.ContinueAsNew(round + 1);
                return $"round {round}: {result}";
            });
    }
}
