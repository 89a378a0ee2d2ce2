using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FlDurable.ClientActivities.Vectors;
using FlDurable.LanesEngine;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using FlDurable.TorchEngine;
using FlDurable.TorchEngine.Native;
using Spectre.Console;

namespace FlDurable.Bench.Training;

/// <summary><c>training</c>: how fast the engines train and evaluate, and how far that is from the machine's limit.</summary>
internal static class TrainingBench
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>What the tutorial's client does in an epoch: 4,000 images of 3.2 million flops.</summary>
    private const double FlopsPerEpoch = 1.3e10;
    private const int LeastBatches = 4;
    private const int UsualBatch = 32;
    private const int MostImages = 4096;
    private const int Rounds = 101;
    private const int LeastRounds = 11;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(30);

    public static Command Command()
    {
        var network = new Option<string>("--network") { Description = "The network.", DefaultValueFactory = _ => "cifar10-cnn" };
        network.AcceptOnlyFromAmong([.. new NetworkRegistry().Names]);
        var batchSize = new Option<int>("--batch-size") { Description = "Images a step.", DefaultValueFactory = _ => UsualBatch };
        batchSize.Validators.Add(given =>
        {
            if (given.Tokens is [var token] && !(int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var images) && images is > 0 and <= MostImages))
                given.AddError($"--batch-size: expected 1 to {MostImages}, got '{token.Value}'");
        });
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        var command = new Command("training", "Images per second and share of the machine's peak, of Lanes and of Torch; takes a minute") { network, batchSize, json };
        command.SetAction(arguments =>
        {
            var report = Measure(new NetworkRegistry().Get(arguments.GetRequiredValue(network)).Usual, arguments.GetRequiredValue(batchSize));
            if (arguments.GetValue(json))
                Console.WriteLine(JsonSerializer.Serialize(report, Json));
            else
                Print(report);
        });
        return command;
    }

    /// <summary>Measures a built-in network in the usual batches.</summary>
    internal static TrainingReport Measure(string network) => Measure(new NetworkRegistry().Get(network).Usual, UsualBatch);

    private static TrainingReport Measure(Network network, int batchSize)
    {
        if (Machine.WidestLanes is not { } width)
            throw new NotSupportedException(new LanesTrainingEngine().WhyNot(network));
        var steps = TimedSteps.OfLanes(new TrainingCase(network, batchSize, batches: 1), width);
        var trainingFlops = 2 * steps.Parts.Sum(part => part.MultiplyAdds);
        var inferenceFlops = 2 * steps.Parts.TakeWhile(part => part.Name != "loss").Sum(part => part.MultiplyAdds);
        var given = new TrainingCase(network, batchSize, Math.Max(LeastBatches, (int)(FlopsPerEpoch / trainingFlops / batchSize)));
        using var lanes = new EngineMeasurement(new LanesTrainingEngine(width), given, steps);
        using var torch = Torch(given, trainingFlops / 2);
        EngineMeasurement[] engines = torch is null ? [lanes] : [lanes, torch];
        var peak = MeasureRounds(engines, width);
        var reports = engines.ToDictionary(engine => engine.Name, engine => engine.Report(trainingFlops, inferenceFlops));
        var ratio = torch is null ? null : Ratio.Of(reports[lanes.Name], reports[torch.Name]);
        return new TrainingReport(peak, (int)width, network.Name, batchSize, reports, ratio);
    }

    private static EngineMeasurement? Torch(TrainingCase given, double multiplyAdds)
    {
        Environment.SetEnvironmentVariable(TorchLibrary.CompatVariable, "1");
        var engine = new TorchTrainingEngine([], "cpu");
        if (engine.WhyNot(given.Network) is not { } reason)
            return new EngineMeasurement(engine, given, TimedSteps.OfTorch(engine, given, multiplyAdds));
        Console.Error.WriteLine($"Torch is not measured: {reason}");
        return null;
    }

    /// <summary>
    /// Engine after engine, the machine's peak beside each: clocks and neighbours change from one second to the next, and only what was
    /// measured side by side can be compared.
    /// </summary>
    /// <returns>The median peak.</returns>
    private static double MeasureRounds(EngineMeasurement[] engines, LaneWidth width)
    {
        foreach (var engine in engines)
            engine.WarmUp();
        var start = Stopwatch.GetTimestamp();
        var peaks = new List<double>();
        for (var round = 0; round < LeastRounds || (round < Rounds && Stopwatch.GetElapsedTime(start) < Time); round++)
        {
            foreach (var engine in engines)
            {
                peaks.Add(Peak.Measure(width));
                engine.AddRound(peaks[^1]);
            }
        }

        return peaks.Median();
    }

    private static void Print(TrainingReport report)
    {
        AnsiConsole.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Network}, batch {report.BatchSize}; peak {report.PeakGflops:f0} GFLOP/s a thread at {report.VectorBits} bits"));
        var rates = new Table().AddColumns("engine", "", "images/s", "GFLOP/s", "of peak");
        var layers = new Table().AddColumns("engine", "part of a step", "µs", "GFLOP/s", "of peak");
        foreach (var (engine, figures) in report.Engines)
        {
            AddRate(rates, engine, "one thread", figures.Threads1);
            AddRate(rates, engine, "two threads", figures.Threads2);
            AddRate(rates, engine, "inference", figures.Inference);
            foreach (var layer in figures.Layers)
            {
                layers.AddRow(
                    engine, layer.Name, Number($"{layer.Microseconds:f1}"),
                    layer.Gflops == 0 ? "" : Number($"{layer.Gflops:f0}"),
                    layer.Gflops == 0 ? "" : Number($"{layer.Gflops / report.PeakGflops:p0}"));
            }
        }

        if (report.Ratio is { } ratio)
            rates.AddRow("ratio", "one thread / two threads / inference", Number($"{ratio.Threads1:f2} / {ratio.Threads2:f2} / {ratio.Inference:f2}"));
        AnsiConsole.Write(rates);
        AnsiConsole.Write(layers);
    }

    private static void AddRate(Table table, string engine, string what, Rate rate) => table.AddRow(
        engine, what, Number($"{rate.ImagesPerSecond:n0}"), Number($"{rate.Gflops:f0}"), Number($"{rate.ShareOfPeak:p0}"));

    private static string Number(FormattableString number) => FormattableString.Invariant(number);
}
