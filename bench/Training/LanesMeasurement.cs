using System.Diagnostics;
using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Lanes;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;

namespace FlDurable.Bench.Training;

/// <summary>
/// Times the Lanes engine in rounds, the machine's peak in each of them: clocks and neighbours change from one second to the next, and
/// only what was measured side by side can be compared.
/// </summary>
internal sealed class LanesMeasurement : IDisposable
{
    private readonly Network network;
    private readonly LaneWidth width;
    private readonly LanesEngine engine;
    private readonly ImageExamples examples;
    private readonly ModelParameters parameters;
    private readonly ITrainingSession[] sessions;
    private readonly LaneNetwork lanes;
    private readonly StepPart[] parts;
    private readonly int batchSize;

    public LanesMeasurement(Network network, int batchSize, int batches, LaneWidth width)
    {
        this.network = network;
        this.width = width;
        this.batchSize = Math.Min(batchSize, BatchSlice.Images);
        engine = new LanesEngine(width);
        examples = RandomExamples(network, batches * batchSize);
        parameters = network.Initialize(1);
        var options = new TrainingOptions(batchSize, OptimizerKind.Adam, LearningRate: 1e-3f, Momentum: 0, WeightDecay: 0);
        sessions = [.. Enumerable.Range(0, 2).Select(client =>
            engine.StartTraining(new TrainingTask(network, parameters, examples, options, Seed: 1, Round: 1, client)))];
        lanes = LaneNetwork.ForTraining(network, options, width);
        lanes.SetParameters(parameters.Values);
        parts = [.. lanes.PartsOfStep(examples, [.. Enumerable.Range(0, this.batchSize)])];
    }

    /// <summary>The median peak and the engine's figures.</summary>
    /// <param name="rounds">How many to measure.</param>
    /// <param name="leastRounds">How many of them even if time runs out.</param>
    /// <param name="time">When it does.</param>
    public (double PeakGflops, EngineReport Report) Measure(int rounds, int leastRounds, TimeSpan time)
    {
        MeasureRound(); // compiles
        var start = Stopwatch.GetTimestamp();
        var all = new List<Round>();
        while (all.Count < leastRounds || (all.Count < rounds && Stopwatch.GetElapsedTime(start) < time))
            all.Add(MeasureRound());
        var peak = all.Select(round => round.PeakGflops).Median();
        var trainingFlops = 2 * parts.Sum(part => part.MultiplyAdds);
        var inferenceFlops = 2 * parts.TakeWhile(part => part.Name != "loss").Sum(part => part.MultiplyAdds);
        var layers = parts.Index().Select(part => Layer(part.Item, all.Select(round => round.Parts[part.Index]).Median()));
        return (peak, new EngineReport(
            Rate(1, trainingFlops, all, round => round.Training1),
            Rate(2, trainingFlops, all, round => round.Training2),
            Rate(1, inferenceFlops, all, round => round.Inference),
            [.. layers]));
    }

    public void Dispose()
    {
        foreach (var session in sessions)
            session.Dispose();
        lanes.Dispose();
    }

    private Round MeasureRound() => new(
        Peak.Measure(width),
        Timing.Seconds(() => sessions[0].TrainEpoch(default)),
        Timing.Seconds(() => Timing.InThreads(sessions.Select<ITrainingSession, Action>(session => () => session.TrainEpoch(default)))),
        Timing.Seconds(() => engine.Evaluate(network, parameters, examples, default)),
        [.. parts.Select(part => Timing.Seconds(part.Run))]);

    private LayerTime Layer(StepPart part, double seconds) =>
        new(part.Name, 1e6 * seconds, 2e-9 * part.MultiplyAdds * batchSize / seconds);

    private Rate Rate(int threads, double flops, List<Round> rounds, Func<Round, double> seconds)
    {
        var images = threads * examples.Count;
        var rate = images / rounds.Select(seconds).Median();
        return new Rate(
            rate,
            1e-9 * flops * rate,
            rounds.Select(round => 1e-9 * flops * images / seconds(round) / (threads * round.PeakGflops)).Median());
    }

    private static ImageExamples RandomExamples(Network network, int count)
    {
        var random = new Random(1);
        var records = new byte[count * (1 + network.Input.Length)];
        random.NextBytes(records);
        for (var image = 0; image < count; image++)
            records[image * (1 + network.Input.Length)] = (byte)random.Next(network.Classes);
        return new ImageExamples(records, network.Input, network.Classes);
    }

    private sealed record Round(double PeakGflops, double Training1, double Training2, double Inference, double[] Parts);
}
