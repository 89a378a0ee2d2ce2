using System.Diagnostics;
using System.Globalization;
using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine;
using FlDurable.Orchestrator.Durable;
using Microsoft.DurableTask.Testing.Sidecar;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Bench;

/// <summary>
/// What durability costs on a task hub, beside the embedded engine: no-op activities one after another and in one fan-out, and a round of ten
/// in an execution of its own. On Azure Storage also how many requests a hub costs that nothing happens on.
/// </summary>
internal sealed class HubBenchmark
{
    private const int Sequence = 50;
    private const int FanOut = 100;
    private const int Rounds = 20;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    private static readonly OrchestratorDescriptor<int, int> RoundsFrom = new("RoundsFrom");

    /// <summary>Measures the embedded engine, the hub in memory, and, if there is a storage account, the hub in Azure Storage.</summary>
    /// <param name="account">The account's connection string; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<HubFigures>> RunAsync(string? account, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fldurable-bench-");
        try
        {
            var figures = new List<HubFigures>
            {
                await MeasureAsync(
                    "embedded engine", 1, services => services.AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = folder.FullName }),
                    node => node.GetRequiredService<EmbeddedEngineHost>().StartAsync(cancellationToken), idle: false, cancellationToken),
            };
            var memory = new InMemoryOrchestrationService();
            figures.Add(await OnHubAsync("hub in memory", 1, _ => TaskHub.Of(memory), idle: false, cancellationToken));
            if (account is not null)
            {
                foreach (var nodes in (int[])[1, 3])
                {
                    var hub = new AzureStorageHub { Connection = account, Name = $"bench{Guid.NewGuid():N}" };
                    figures.Add(await OnHubAsync($"hub in Azure Storage, {nodes} {(nodes == 1 ? "node" : "nodes")}", nodes, hub.Open, idle: true, cancellationToken));
                }
            }

            return figures;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<HubFigures> OnHubAsync(
        string name, int nodes, Func<Microsoft.Extensions.Logging.ILoggerFactory, TaskHub> open, bool idle, CancellationToken cancellationToken) => MeasureAsync(
        name, nodes, services => services.AddTaskHub(open), node => node.GetRequiredService<HubWorker>().StartAsync(cancellationToken), idle, cancellationToken);

    private static async Task<HubFigures> MeasureAsync(
        string name, int count, Func<IServiceCollection, IServiceCollection> add, Func<IServiceProvider, Task> start, bool idle, CancellationToken cancellationToken)
    {
        var nodes = new List<ServiceProvider>();
        try
        {
            for (var node = 0; node < count; node++)
            {
                nodes.Add(add(Work()).BuildServiceProvider());
                await start(nodes[node]);
            }

            var client = nodes[0].GetRequiredService<IOrchestrationClient>();
            await NoOpWork.TimeAsync(client, NoOpWork.SequenceOf, 3, "warm-up", cancellationToken);
            await NoOpWork.TimeAsync(client, NoOpWork.FanOutOf, 10, "warm-up-2", cancellationToken);
            if (count > 1)
                await Task.Delay(Idle / 3, cancellationToken); // until the partitions are shared out
            var sequence = await NoOpWork.TimeAsync(client, NoOpWork.SequenceOf, Sequence, "sequence", cancellationToken);
            var fanOut = await NoOpWork.TimeAsync(client, NoOpWork.FanOutOf, FanOut, "fan-out", cancellationToken);
            var rounds = await NoOpWork.TimeAsync(client, RoundsFrom, Rounds, "rounds", cancellationToken);
            var requests = idle ? await CountIdleRequestsAsync(cancellationToken) : (int?)null;
            return new HubFigures(
                name, Rounded(sequence.TotalMilliseconds / Sequence), Rounded(fanOut.TotalMilliseconds / FanOut), Rounded(rounds.TotalMilliseconds / Rounds), requests);
        }
        finally
        {
            foreach (var node in nodes)
                await node.DisposeAsync();
        }
    }

    private static IServiceCollection Work() => new ServiceCollection()
        .AddSingleton(new OrchestrationVersion("1"))
        .AddNoOpWork()
        .AddOrchestratorFunc(RoundsFrom, async (context, left) =>
        {
            await NoOpWork.RunRoundAsync(context, left);
            if (left > 1)
                context.ContinueAsNew(left - 1);
            return left;
        });

    /// <summary>The storage clients of this process tell of each request.</summary>
    private static async Task<int> CountIdleRequestsAsync(CancellationToken cancellationToken)
    {
        var requests = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = _ => Interlocked.Increment(ref requests),
        };
        ActivitySource.AddActivityListener(listener);
        await Task.Delay(Idle, cancellationToken);
        return requests;
    }

    private static double Rounded(double value) => Math.Round(value, 2);
}

/// <summary>The figures of one engine.</summary>
/// <param name="Engine">What it is.</param>
/// <param name="SequentialMilliseconds">An activity, when each waits for the one before.</param>
/// <param name="FanOutMilliseconds">An activity of a fan-out of 100.</param>
/// <param name="RoundMilliseconds">A round of ten activities, in a child of an instance that continues as new.</param>
/// <param name="RequestsPerIdleMinute">Requests to storage in 60 seconds in which nothing happens; null where there is none.</param>
internal sealed record HubFigures(
    string Engine, double SequentialMilliseconds, double FanOutMilliseconds, double RoundMilliseconds, int? RequestsPerIdleMinute)
{
    public static string ToTable(IEnumerable<HubFigures> figures) => string.Join(
        Environment.NewLine,
        figures.Select(one => string.Create(
            CultureInfo.InvariantCulture,
            $"{one.Engine,-32} {one.SequentialMilliseconds,9:F2} {one.FanOutMilliseconds,9:F2} {one.RoundMilliseconds,9:F2} {one.RequestsPerIdleMinute,9}"))
            .Prepend($"{"",-32} {"sequence",9} {"fan-out",9} {"round",9} {"idle/min",9}")
            .Prepend("ms: an activity after another; an activity of a fan-out of 100; a round of 10; requests to storage in an idle minute"));
}
