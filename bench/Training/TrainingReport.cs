namespace FlDurable.Bench.Training;

/// <summary>What <c>training --json</c> prints.</summary>
/// <param name="PeakGflops">Multiply-adds from registers alone, one thread, at the vector width in use.</param>
/// <param name="VectorBits">That width.</param>
/// <param name="Network">The network.</param>
/// <param name="BatchSize">Images a step.</param>
/// <param name="Engines">Figures by engine.</param>
/// <param name="Ratio">Images per second of Lanes by those of Torch; null where Torch can't run.</param>
internal sealed record TrainingReport(
    double PeakGflops, int VectorBits, string Network, int BatchSize, IReadOnlyDictionary<string, EngineReport> Engines, Ratio? Ratio);

/// <summary>How many times as fast one engine is as another.</summary>
/// <param name="Threads1">One client on one thread.</param>
/// <param name="Threads2">Two clients, each on a thread.</param>
/// <param name="Inference">Evaluation on one thread.</param>
internal sealed record Ratio(double Threads1, double Threads2, double Inference)
{
    public static Ratio Of(EngineReport one, EngineReport other) => new(
        one.Threads1.ImagesPerSecond / other.Threads1.ImagesPerSecond,
        one.Threads2.ImagesPerSecond / other.Threads2.ImagesPerSecond,
        one.Inference.ImagesPerSecond / other.Inference.ImagesPerSecond);
}

/// <summary>An engine's figures.</summary>
/// <param name="Threads1">One client on one thread.</param>
/// <param name="Threads2">Two clients, each on a thread.</param>
/// <param name="Inference">Evaluation on one thread.</param>
/// <param name="Layers">The parts of a step, one thread.</param>
internal sealed record EngineReport(Rate Threads1, Rate Threads2, Rate Inference, IReadOnlyList<LayerTime> Layers);

/// <summary>How fast.</summary>
/// <param name="ImagesPerSecond">Of all threads together.</param>
/// <param name="Gflops">The layers' multiply-adds, twice, and nothing else.</param>
/// <param name="ShareOfPeak">Of the threads' peaks together.</param>
internal sealed record Rate(double ImagesPerSecond, double Gflops, double ShareOfPeak);

/// <summary>A part of a step.</summary>
/// <param name="Name">What it computes.</param>
/// <param name="Microseconds">The median, once.</param>
/// <param name="Gflops">0 where multiply-adds don't matter.</param>
internal sealed record LayerTime(string Name, double Microseconds, double Gflops);
