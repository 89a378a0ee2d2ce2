using System.CommandLine;
using System.Globalization;
using System.Numerics.Tensors;
using FlDurable.Bench.Training;
using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.LanesEngine;
using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Spectre.Console;

namespace FlDurable.Bench.Aggregation;

/// <summary><c>aggregation</c>: what strategies cost the server in time and memory, and clients in speed, each beside what it is to be.</summary>
internal static class AggregationBench
{
    private const int Updates = 100;
    private const int ManyUpdates = 1_000;
    private const int Times = 5;
    private const int BandwidthNumbers = 64 << 20; // 256 MB, more than any cache
    private const double MegaByte = 1e6;

    private static readonly StrategyRegistry Strategies = new(StrategyExtensions.All);

    public static Command Command()
    {
        var folder = new Option<string>("--folder")
        {
            Description = "Where updates are written, 1.2 GB.",
            DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "fldurable-bench-aggregation"),
        };
        var command = new Command("aggregation", "What strategies cost the server and clients; takes two minutes") { folder };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(folder), cancellationToken));
        return command;
    }

    private static async Task RunAsync(string folder, CancellationToken cancellationToken)
    {
        var table = new Table().AddColumns("what", "measured", "is to be");
        try
        {
            var large = new NetworkRegistry().Get("fedavg-cnn").Usual;
            var bandwidth = Bandwidth();
            table.AddRow("memory read, one thread", Number($"{bandwidth / 1e9:f1} GB/s"), "");
            var store = new FileArtifactStore(folder);
            var references = await WriteAsync(store, large, Updates, cancellationToken);
            var (fromMemory, fromFiles) = await SumAsync(store, large, references, cancellationToken);
            table.AddRow("fedavg, summing updates that are in memory (cached traffic included)", Number($"{fromMemory / 1e9:f1} GB/s moved, {fromMemory / bandwidth:p0} of that"), "");
            table.AddRow("fedavg, read, digested, checked and summed", Number($"{fromFiles / 1e9:f2} GB/s of updates, {fromFiles / bandwidth:p0} of that"), "50 %");
            foreach (var strategy in (string[])["fedmedian", "multikrum"])
                table.AddRow($"{strategy}, {Updates} updates of {large.Layout.Length:n0}", await CostAsync(store, large, references, strategy, cancellationToken), "less than 300 MB");
            var small = new NetworkRegistry().Get("cifar10-cnn").Usual;
            references = await WriteAsync(store, small, ManyUpdates, cancellationToken);
            table.AddRow($"fedmedian, {ManyUpdates:n0} updates of {small.Layout.Length:n0}", await CostAsync(store, small, references, "fedmedian", cancellationToken), "");
            AddSpeeds(table, small);
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Bytes a second that one thread reads of memory.</summary>
    private static double Bandwidth()
    {
        var numbers = new float[BandwidthNumbers];
        numbers.AsSpan().Fill(1);
        var sum = 0f;
        var seconds = Enumerable.Range(0, Times).Select(_ => Timing.Seconds(() => sum += TensorPrimitives.Sum<float>(numbers))).Median();
        GC.KeepAlive(sum);
        return (double)BandwidthNumbers * sizeof(float) / seconds;
    }

    private static async Task<IReadOnlyList<ArtifactReference>> WriteAsync(FileArtifactStore store, Network network, int count, CancellationToken cancellationToken)
    {
        var references = new List<ArtifactReference>();
        for (var client = 0; client < count; client++)
            references.Add(await store.PutAsync($"{network.Name}/{client}", Safetensors.Write(network.Initialize(client)), cancellationToken));
        return references;
    }

    /// <summary>FedAvg over all updates: bytes that the sum moves, and bytes of updates, a second.</summary>
    private static async Task<(double Moved, double Read)> SumAsync(
        FileArtifactStore store, Network network, IReadOnlyList<ArtifactReference> references, CancellationToken cancellationToken)
    {
        const int held = 4;
        const int movedANumber = sizeof(float) + (2 * sizeof(double)); // the update is read, the sum is read and written
        var global = network.Initialize(seed: 0);
        var aggregation = (ISumAggregation)Strategies.For(new FederationSpec(), round: 1);
        var sum = new LeafSum(aggregation, network.Layout);
        var updates = Enumerable.Range(0, held).Select(client => network.Initialize(client)).ToList();
        var outcome = new ClientOutcome("client-0", 45, 1);
        var inMemory = Enumerable.Range(0, Times).Select(_ => Timing.Seconds(() => updates.ForEach(update => sum.TryAdd(outcome, update)))).Median();

        var check = new UpdateCheck(global, maxNorm: null);
        sum = new LeafSum(aggregation, network.Layout);
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        await foreach (var update in references.ToAsyncEnumerable().ReadAheadAsync((one, cancel) => store.ReadParametersAsync(one, network, cancel), cancellationToken))
        {
            if (check.FindProblem(update, out _) is { } problem)
                throw new InvalidOperationException(problem);
            sum.TryAdd(outcome, update);
        }

        var fromFiles = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
        return ((double)held * network.Layout.Length * movedANumber / inMemory, references.Sum(one => (double)one.Length) / fromFiles);
    }

    /// <summary>A strategy over all updates: seconds, and what is resident above what was before.</summary>
    private static async Task<string> CostAsync(
        FileArtifactStore store, Network network, IReadOnlyList<ArtifactReference> references, string strategy, CancellationToken cancellationToken)
    {
        var spec = new FederationSpec { Strategy = strategy, Clients = references.Count, MinFitClients = references.Count };
        var aggregation = (IBlockAggregation)Strategies.For(spec, round: 1);
        var global = network.Initialize(seed: 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var memory = new ResidentPeak();
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        await new UpdateBlocks(store, global, references).ApplyAsync(aggregation, ServerState.Read(aggregation.State, network.Layout, content: null), cancellationToken);
        var seconds = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds;
        return Number($"{memory.AboveStart() / MegaByte:f0} MB, {seconds:f1} s");
    }

    /// <summary>What a client's training loses by what a strategy adds to each gradient, in turn on the same images.</summary>
    private static void AddSpeeds(Table table, Network network)
    {
        const int batchSize = 32;
        const int batches = 200;
        const int rounds = 9;
        var width = Machine.WidestLanes ?? throw new NotSupportedException(new LanesTrainingEngine().WhyNot(network));
        var given = new TrainingCase(network, batchSize, batches);
        var start = given.Parameters.Values.ToArray();
        (string Name, GradientTerm? Term)[] terms =
        [
            ("fedavg", null),
            ("fedprox", new GradientTerm(0.01f, start, ReadOnlyMemory<float>.Empty)),
            ("scaffold", new GradientTerm(0, start, Array.ConvertAll(start, value => value * 1e-3f))),
        ];
        var seconds = terms.ToDictionary(term => term.Name, _ => new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (name, term) in terms)
            {
                using var trained = LaneNetwork.ForTraining(network, given.Options with { Term = term }, width);
                trained.SetParameters(given.Parameters.Values);
                seconds[name].Add(Timing.Seconds(() => Train(trained, given, batchSize, batches)));
            }
        }

        foreach (var (name, taken) in seconds)
        {
            var ratio = seconds["fedavg"].Zip(taken, (plain, own) => plain / own).Median();
            table.AddRow($"{name}, images/s of a client on Lanes", Number($"{batches * batchSize / taken.Median():n0}, {ratio:p0} of fedavg"), name == "fedavg" ? "" : "93 %");
        }
    }

    private static void Train(LaneNetwork network, TrainingCase given, int batchSize, int batches)
    {
        for (var batch = 0; batch < batches; batch++)
        {
            network.Compute(given.Examples, [.. Enumerable.Range(batch * batchSize, batchSize)]);
            network.Step();
        }
    }

    private static string Number(FormattableString number) => number.ToString(CultureInfo.InvariantCulture);
}
