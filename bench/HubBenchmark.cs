using System.Diagnostics;
using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine;
using FlDurable.Orchestrator.Durable;
using Microsoft.DurableTask.Testing.Sidecar;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.Bench;

/// <summary>
/// What durability costs on a task hub, beside the embedded engine and beside Durable Task without anything of ours: no-op activities one after
/// another and in one fan-out, and a round of ten in an execution of its own. On Azure Storage also how many requests a hub costs that nothing
/// happens on.
/// </summary>
internal sealed class HubBenchmark
{
    private const int Sequence = 50;
    private const int FanOut = 100;
    private const int Rounds = 20;

    // A machine may do anything in a second.
    private const int Repetitions = 3;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    /// <summary>As many rounds as its input, each of which continues as new.</summary>
    public static OrchestratorDescriptor<int, int> RoundsFrom { get; } = new("RoundsFrom");

    /// <summary>Measures the embedded engine, the hub in memory, and, if there is a storage account, the hub in Azure Storage.</summary>
    /// <param name="account">The account's connection string; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<HubFigures>> RunAsync(string? account, CancellationToken cancellationToken)
    {
        if (account is not null)
            await new AzureStorageHub { Connection = account, Name = "bench" }.CountPartitionsAsync(cancellationToken); // one that is not there is told at once
        var folder = Directory.CreateTempSubdirectory("fldurable-bench-");
        try
        {
            var figures = new List<HubFigures>
            {
                await MeasureAsync(
                    "embedded engine",
                    new OurEngine(
                        1, services => services.AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = folder.FullName }),
                        node => node.GetRequiredService<EmbeddedEngineHost>().StartAsync(cancellationToken)),
                    nodes: 1, idle: false, cancellationToken),
            };
            var memory = new InMemoryOrchestrationService();
            figures.Add(await MeasureAsync("hub in memory", OnHub(1, _ => TaskHub.Of(memory), cancellationToken), nodes: 1, idle: false, cancellationToken));
            if (account is null)
                return figures;
            foreach (var nodes in (int[])[1, 3])
            {
                var count = $"{nodes} {(nodes == 1 ? "node" : "nodes")}";
                var hub = new AzureStorageHub { Connection = account, Name = $"bench{Guid.NewGuid():N}", Parallelism = DurableTaskAlone.ActivitiesAtATime };
                figures.Add(await MeasureAsync($"Durable Task alone, {count}", new DurableTaskAlone(account, nodes, new Ends()), nodes, idle: true, cancellationToken));
                figures.Add(await MeasureAsync($"hub in Azure Storage, {count}", OnHub(nodes, hub.Open, cancellationToken), nodes, idle: true, cancellationToken));
            }

            return figures;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static OurEngine OnHub(int nodes, Func<ILoggerFactory, TaskHub> open, CancellationToken cancellationToken) => new(
        nodes, services => services.AddTaskHub(open), node => node.GetRequiredService<HubWorker>().StartAsync(cancellationToken));

    private static async Task<HubFigures> MeasureAsync(string name, IBenchedEngine engine, int nodes, bool idle, CancellationToken cancellationToken)
    {
        await using (engine)
        {
            await engine.StartAsync(cancellationToken);
            await engine.TimeAsync(NoOpWork.SequenceOf.Name, 3, "warm-up", cancellationToken);
            await engine.TimeAsync(NoOpWork.FanOutOf.Name, 10, "warm-up-2", cancellationToken);
            if (nodes > 1)
                await Task.Delay(Idle / 3, cancellationToken); // until the partitions are shared out
            var (sequence, fanOut, rounds) = (new List<double>(), new List<double>(), new List<double>());
            for (var repetition = 0; repetition < Repetitions; repetition++)
            {
                sequence.Add(await EachAsync(NoOpWork.SequenceOf, Sequence, repetition));
                fanOut.Add(await EachAsync(NoOpWork.FanOutOf, FanOut, repetition));
                rounds.Add(await EachAsync(RoundsFrom, Rounds, repetition));
            }

            var requests = idle ? await CountIdleRequestsAsync(cancellationToken) : (int?)null;
            return new HubFigures(name, Median(sequence), Median(fanOut), Median(rounds), requests);
        }

        async Task<double> EachAsync(OrchestratorDescriptor<int, int> orchestrator, int count, int repetition) =>
            (await engine.TimeAsync(orchestrator.Name, count, $"{orchestrator.Name}-{repetition}", cancellationToken)).TotalMilliseconds / count;
    }

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

    private static double Median(List<double> values) => Math.Round(values.Order().ElementAt(values.Count / 2), 2);

    /// <summary>One of the port's engines, in as many hosts as there are nodes.</summary>
    private sealed class OurEngine(int count, Func<IServiceCollection, IServiceCollection> add, Func<IServiceProvider, Task> start) : IBenchedEngine
    {
        private static readonly OrchestratorDescriptor<int, int>[] Orchestrators = [NoOpWork.SequenceOf, NoOpWork.FanOutOf, RoundsFrom];

        private readonly Ends ends = new();
        private readonly List<ServiceProvider> nodes = [];

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            for (var node = 0; node < count; node++)
            {
                nodes.Add(add(Work()).BuildServiceProvider());
                await start(nodes[node]);
            }
        }

        public Task<TimeSpan> TimeAsync(string orchestrator, int input, string instanceId, CancellationToken cancellationToken) => NoOpWork.TimeAsync(
            nodes[0].GetRequiredService<IOrchestrationClient>(), Orchestrators.Single(one => one.Name == orchestrator), input, instanceId, ends, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            foreach (var node in nodes)
                await node.DisposeAsync();
        }

        private IServiceCollection Work() => new ServiceCollection()
            .AddSingleton(new OrchestrationVersion("1"))
            .AddNoOpWork(ends)
            .AddOrchestratorFunc(RoundsFrom, async (context, left) =>
            {
                await NoOpWork.RunRoundAsync(context, left);
                if (left > 1)
                    context.ContinueAsNew(left - 1);
                else
                    ends.Tell(context.InstanceId);
                return left;
            });
    }
}
