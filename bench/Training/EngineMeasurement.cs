using FlDurable.ClientActivities;

namespace FlDurable.Bench.Training;

/// <summary>Times an engine, round by round.</summary>
internal sealed class EngineMeasurement : IDisposable
{
    private readonly ITrainingEngine engine;
    private readonly TrainingCase given;
    private readonly TimedSteps steps;
    private readonly ITrainingSession[] clients;
    private readonly List<Round> rounds = [];

    /// <param name="engine">The engine.</param>
    /// <param name="given">What to train.</param>
    /// <param name="steps">The engine's steps, taken over.</param>
    public EngineMeasurement(ITrainingEngine engine, TrainingCase given, TimedSteps steps)
    {
        this.engine = engine;
        this.given = given;
        this.steps = steps;
        clients = [.. Enumerable.Range(0, 2).Select(client => engine.StartTraining(given.TaskOf(client)))];
    }

    public string Name => engine.Name;

    /// <summary>Runs everything once, to have it compiled.</summary>
    public void WarmUp() => Measure(peakGflops: 1);

    /// <summary>Measures one round more.</summary>
    /// <param name="peakGflops">What a thread can reach now.</param>
    public void AddRound(double peakGflops) => rounds.Add(Measure(peakGflops));

    /// <summary>The medians.</summary>
    /// <param name="trainingFlops">By image.</param>
    /// <param name="inferenceFlops">By image.</param>
    public EngineReport Report(double trainingFlops, double inferenceFlops) => new(
        Rate(trainingFlops, round => round.Training1),
        Rate(trainingFlops, round => round.Training2),
        Rate(inferenceFlops, round => round.Inference),
        [.. steps.Parts.Index().Select(part =>
        {
            var seconds = rounds.Select(round => round.Parts[part.Index]).Median();
            return new LayerTime(part.Item.Name, 1e6 * seconds, 2e-9 * part.Item.MultiplyAdds * steps.Images / seconds);
        })]);

    public void Dispose()
    {
        foreach (var client in clients)
            client.Dispose();
        steps.Dispose();
    }

    private Round Measure(double peakGflops) => new(
        peakGflops,
        Timing.SecondsInThreads(() => clients[0].TrainEpoch(default)),
        Timing.SecondsInThreads([.. clients.Select<ITrainingSession, Action>(client => () => client.TrainEpoch(default))]),
        [Timing.Seconds(() => engine.Evaluate(given.Network, given.Parameters, given.Examples, default))],
        [.. steps.Parts.Select(part => Timing.Seconds(part.Run))]);

    private Rate Rate(double flops, Func<Round, double[]> secondsOfThreads)
    {
        var speeds = rounds.Select(round => (ImagesPerSecond: ImagesPerSecond(secondsOfThreads(round)), round.PeakGflops)).ToList();
        var threads = secondsOfThreads(rounds[0]).Length;
        var rate = speeds.Select(speed => speed.ImagesPerSecond).Median();
        return new Rate(
            rate,
            1e-9 * flops * rate,
            speeds.Select(speed => 1e-9 * flops * speed.ImagesPerSecond / (threads * speed.PeakGflops)).Median());
    }

    /// <summary>Of all threads: in a federation the next client begins as soon as one is done, so that each counts by its own time.</summary>
    private double ImagesPerSecond(double[] seconds) => seconds.Sum(each => given.Examples.Count / each);

    private sealed record Round(double PeakGflops, double[] Training1, double[] Training2, double[] Inference, double[] Parts);
}
