using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Lanes;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.Bench.Training;

/// <summary>Times the Lanes engine.</summary>
internal sealed class LanesMeasurement(Network network, int batchSize, LaneWidth width, double peakGflops)
{
    private const int Batches = 40;
    private const int Epochs = 15;
    private const int Steps = 1000;

    private readonly ImageExamples examples = RandomExamples(network, Batches * batchSize);
    private readonly TrainingOptions options = new(batchSize, OptimizerKind.Adam, LearningRate: 1e-3f, Momentum: 0, WeightDecay: 0);

    public EngineReport Measure()
    {
        var layers = MeasureLayers(out var training, out var inference);
        return new EngineReport(
            Rate(MeasureTraining(threads: 1), training, threads: 1),
            Rate(MeasureTraining(threads: 2), training, threads: 2),
            Rate(MeasureInference(), inference, threads: 1),
            layers);
    }

    private List<LayerTime> MeasureLayers(out double trainingFlops, out double inferenceFlops)
    {
        using var lanes = LaneNetwork.ForTraining(network, options, width);
        lanes.SetParameters(network.Initialize(1).Values);
        int[] batch = [.. Enumerable.Range(0, Math.Min(batchSize, BatchSlice.Images))];
        var parts = lanes.PartsOfStep(examples, batch).ToList();
        trainingFlops = 2 * parts.Sum(part => part.MultiplyAdds);
        inferenceFlops = 2 * parts.TakeWhile(part => part.Name != "loss").Sum(part => part.MultiplyAdds);
        var seconds = Median.SecondsInTurn([.. parts.Select(part => part.Run)], Steps);
        return [.. parts.Zip(seconds, (part, time) => new LayerTime(part.Name, 1e6 * time, 2e-9 * part.MultiplyAdds * batch.Length / time))];
    }

    private double MeasureTraining(int threads)
    {
        var sessions = Enumerable.Range(0, threads).Select(client => new LanesEngine(width).StartTraining(
            new TrainingTask(network, network.Initialize(1), examples, options, Seed: 1, Round: 1, client))).ToList();
        var seconds = Median.Seconds(() => Parallel(sessions.Select<ITrainingSession, Action>(session => () => session.TrainEpoch(default))), Epochs);
        sessions.ForEach(session => session.Dispose());
        return threads * examples.Count / seconds;
    }

    private double MeasureInference()
    {
        var engine = new LanesEngine(width);
        var parameters = network.Initialize(1);
        return examples.Count / Median.Seconds(() => engine.Evaluate(network, parameters, examples, default), Epochs);
    }

    private Rate Rate(double imagesPerSecond, double flops, int threads)
    {
        var gflops = 1e-9 * flops * imagesPerSecond;
        return new Rate(imagesPerSecond, gflops, gflops / (threads * peakGflops));
    }

    private static void Parallel(IEnumerable<Action> actions)
    {
        var threads = actions.Select(action => new Thread(() => action())).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
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
}
