using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Security.Cryptography;
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
    private const int Times = 9;
    private const int BandwidthNumbers = 64 << 20; // 256 MB, more than any cache
    private const int HeldUpdates = 16; // 138 MB, likewise
    private const double MegaByte = 1e6;

    private static readonly StrategyRegistry Strategies = new(StrategyExtensions.All);
    private static readonly ClientOutcome Outcome = new("client-0", 45, 1);

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
            var (bandwidth, fromMemory) = SumOfMemory(large);
            table.AddRow("memory read, one thread", Number($"{bandwidth / 1e9:f1} GB/s"), "");
            table.AddRow("fedavg, summing updates that are verified and in memory", Number($"{fromMemory / 1e9:f1} GB/s of updates, {fromMemory / bandwidth:p0} of that"), "50 %");
            var store = new FileArtifactStore(folder);
            var references = await WriteAsync(store, large, Updates, cancellationToken);
            var (hashing, fromFiles, resident) = await SumOfFilesAsync(store, large, references, cancellationToken);
            table.AddRow("SHA-256, all processors", Number($"{hashing / 1e9:f2} GB/s"), "");
            table.AddRow("fedavg, updates read from files, hashed, checked and summed", Number($"{fromFiles / 1e9:f2} GB/s of updates, {fromFiles / hashing:p0} of that, {resident / MegaByte:f0} MB"), "");
            foreach (var strategy in (string[])["fedmedian", "multikrum"])
                table.AddRow($"{strategy}, {Updates} updates of {large.Layout.Length:n0}", await CostAsync(store, large, references, strategy, cancellationToken), "less than 300 MB");
            var small = new NetworkRegistry().Get("cifar10-cnn").Usual;
            references = await WriteAsync(store, small, ManyUpdates, cancellationToken);
            table.AddRow($"fedmedian, {ManyUpdates:n0} updates of {small.Layout.Length:n0}", await CostAsync(store, small, references, "fedmedian", cancellationToken), "");
            table.AddRow($"krum, distances between the most updates of {small.Layout.Length:n0} that it bears", CompareMost(small), "a minute");
            AddSpeeds(table, small);
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }

        AnsiConsole.Write(table);
    }

    private static async Task<IReadOnlyList<ArtifactReference>> WriteAsync(FileArtifactStore store, Network network, int count, CancellationToken cancellationToken)
    {
        var references = new List<ArtifactReference>();
        for (var client = 0; client < count; client++)
            references.Add(await store.PutAsync($"{network.Name}/{client}", Safetensors.Write(network.Initialize(client)), cancellationToken));
        return references;
    }

    /// <summary>In turn: bytes a second that one thread reads of memory, and that FedAvg sums of more updates than any cache holds.</summary>
    private static (double Read, double Summed) SumOfMemory(Network network)
    {
        var numbers = new float[BandwidthNumbers];
        numbers.AsSpan().Fill(1);
        var updates = Enumerable.Range(0, HeldUpdates).Select(client => network.Initialize(client)).ToList();
        var sum = NewSum(network);
        var total = 0f;
        var seconds = Enumerable.Range(0, Times).Select(_ => (
            Read: Timing.Seconds(() => total += TensorPrimitives.Sum<float>(numbers)),
            Summed: Timing.Seconds(() => updates.ForEach(update => sum.TryAdd(Outcome, update))))).ToList();
        GC.KeepAlive(total);
        return (
            (double)BandwidthNumbers * sizeof(float) / seconds.Select(one => one.Read).Median(),
            (double)HeldUpdates * network.Layout.Length * sizeof(float) / seconds.Select(one => one.Summed).Median());
    }

    /// <summary>In turn: bytes a second that all processors hash, and that go from files into FedAvg's sum as a leaf reads them; and what that takes of memory.</summary>
    private static async Task<(double Hashed, double Summed, double Resident)> SumOfFilesAsync(
        FileArtifactStore store, Network network, IReadOnlyList<ArtifactReference> references, CancellationToken cancellationToken)
    {
        var files = Enumerable.Range(0, HeldUpdates).Select(client => Safetensors.Write(network.Initialize(client))).ToList();
        var seconds = new List<(double Hashed, double Summed)>();
        var resident = 0.0;
        for (var time = 0; time < Times; time++)
        {
            var hashed = Timing.Seconds(() => Parallel.ForEach(files, file => SHA256.HashData(file)));
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            using var memory = new ResidentPeak();
            var start = Stopwatch.GetTimestamp();
            await SumAsync(store, network, references, cancellationToken);
            seconds.Add((hashed, Stopwatch.GetElapsedTime(start).TotalSeconds));
            resident = Math.Max(resident, memory.AboveStart());
        }

        return (
            files.Sum(file => (double)file.Length) / seconds.Select(one => one.Hashed).Median(),
            references.Sum(one => (double)one.Length) / seconds.Select(one => one.Summed).Median(), resident);
    }

    private static async Task SumAsync(FileArtifactStore store, Network network, IReadOnlyList<ArtifactReference> references, CancellationToken cancellationToken)
    {
        var check = new UpdateCheck(network.Initialize(seed: 0), maxNorm: null);
        var reader = new UpdateReader(store, network.Layout);
        var sum = NewSum(network, reader.GiveBack);
        await foreach (var update in references.ToAsyncEnumerable().ReadAheadAsync(ReadAsync, cancellationToken))
            sum.TryAdd(Outcome, update);
        sum.ToSafetensors();

        async Task<ModelParameters> ReadAsync(ArtifactReference reference, CancellationToken cancel)
        {
            var (update, _) = await reader.ReadAsync(reference, cancel);
            return check.FindProblem(update, out _) is { } problem ? throw new InvalidOperationException(problem) : update;
        }
    }

    private static LeafSum NewSum(Network network, Action<ModelParameters>? release = null) =>
        new((ISumAggregation)Strategies.For(new FederationSpec(), round: 1), network.Layout, release);

    /// <summary>How long Krum's family compares as many updates with each other as it bears, worked out from one range of them.</summary>
    private static string CompareMost(Network network)
    {
        var updates = Strategies.For(new FederationSpec { Strategy = "krum" }, round: 1).MostUpdatesOf(network.Layout.Length);
        var range = new BlockRound(updates, network.Layout.Length).RangeLength;
        var values = new float[updates * range];
        var random = new Random(1);
        foreach (ref var value in values.AsSpan())
            value = random.NextSingle();
        var distances = new PairwiseDistances(updates);
        var seconds = Enumerable.Range(0, Times).Select(_ => Timing.Seconds(() => distances.Add(new UpdateBlock(0, values.AsSpan(0, range), values)))).Median();
        var rate = updates * (updates - 1.0) / 2 * range / seconds;
        return Number($"{rate / 1e9:f1} thousand million differences/s, {seconds * network.Layout.Length / range:f0} s for {updates:n0} updates");
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
        var start = Stopwatch.GetTimestamp();
        await new UpdateBlocks(store, global, references).ApplyAsync(aggregation, ServerState.Read(aggregation.State, network.Layout, content: null), cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
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
