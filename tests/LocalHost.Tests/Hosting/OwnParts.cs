using System.Globalization;
using System.Numerics;
using FlDurable.ClientActivities;
using FlDurable.LanesEngine;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Tests.Hosting;

/// <summary>What the author of a host could add.</summary>
internal static class OwnParts
{
    /// <summary>The smallest network there is.</summary>
    public static NetworkPlan Flat { get; } = new("flat", Flatten.Plan, Linear.Plan("fc"));

    /// <summary>A host with a part of each kind.</summary>
    public static FederationHostBuilder Host() => FederationHost.CreateBuilder([])
        .AddStrategy<Halfway>()
        .AddPartitioner<EveryNth>()
        .AddNetwork(Flat)
        .AddDataset<Bars>()
        .AddMetric<BalancedAccuracy>()
        .AddTrainingEngine<LanesByAnotherName>();
}

/// <summary>Goes part of the way from the global parameters to the clients' mean.</summary>
/// <param name="share">Which part.</param>
public sealed class Halfway(double share) : ISumAggregation, INamedStrategy
{
    private static readonly NumberField Share = new("share", "The part of the way to the mean.", new NumberRange(0, 1)) { Default = 0.5 };

    public static Strategy Strategy { get; } = new("halfway", spec => new Halfway(spec.Strategy.Of(Share))) { Options = [Share] };

    public void Weigh(ClientOutcome client, Span<double> weights, Span<double> figures) => weights[0] = client.Examples;

    public void Apply(SummedRound round, ServerState state, Span<double> next)
    {
        for (var index = 0; index < next.Length; index++)
            next[index] = ((1 - share) * round.Global[index]) + (share * round.Sum()[index] / round.Examples);
    }
}

/// <summary>Deals images out like cards.</summary>
public sealed class EveryNth : INamedPartitioner
{
    public static Partitioner Named { get; } = new("every-nth", _ => new EveryNth());

    public string Name => "every-nth";

    public IReadOnlyList<int[]> Partition(TrainingImages images) =>
        [.. Enumerable.Range(0, images.Clients).Select(client => Enumerable.Range(0, images.Labels.Length).Where(index => index % images.Clients == client).ToArray())];
}

/// <summary>An engine of one's own.</summary>
public sealed class LanesByAnotherName : ITrainingEngine
{
    private readonly LanesTrainingEngine lanes = new();

    public string Name => "mine";

    public bool TellsLogits => true;

    public string? WhyNot(Network network) => lanes.WhyNot(network);

    public ITrainingSession StartTraining(TrainingTask task) => lanes.StartTraining(task);

    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
        lanes.Evaluate(network, parameters, examples, cancellationToken);

    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, Memory<float> logits, CancellationToken cancellationToken) =>
        lanes.Evaluate(network, parameters, examples, logits, cancellationToken);
}

/// <summary>Pictures of a bar, in the left or the right half, as many of each as is asked for: <c>bars:30</c>.</summary>
public sealed class Bars : INamedDataset
{
    private static readonly ImageShape Shape = new(1, 8, 8);

    public string Name => "bars";

    public string? FileOf(string? argument) => null;

    public Task<string> FingerprintAsync(string? argument, CancellationToken cancellationToken) => Task.FromResult($"{Count(argument)}");

    public Task<ImageDataset> LoadAsync(string? argument, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        Task.FromResult(new ImageDataset(["left", "right"], Draw(2 * Count(argument)), Draw(20)));

    private static int Count(string? argument) => argument is null ? 60 : int.Parse(argument, CultureInfo.InvariantCulture);

    private static ImageExamples Draw(int images)
    {
        var records = new byte[images * (1 + Shape.Length)];
        for (var image = 0; image < images; image++)
        {
            var record = records.AsSpan(image * (1 + Shape.Length));
            record[0] = (byte)(image % 2);
            for (var step = 0; step < 8; step++)
                record[1 + (8 * step) + (4 * (image % 2)) + (image / 2 % 4)] = byte.MaxValue;
        }

        return new ImageExamples(records, Shape, classes: 2);
    }
}

/// <summary>Halves a number in the rounds 2, 4, 8, …</summary>
public sealed class Halvings : ISchedule
{
    public string Name => "halvings";

    public double In(int round, double initial) => initial / (1 << BitOperations.Log2((uint)round));
}

/// <summary>The most that training has changed a parameter by.</summary>
public sealed class LargestChange : IClientMetric
{
    public string Name => "largestChange";

    public double Measure(ClientTraining training)
    {
        var before = training.Task.Initial.Values;
        var after = training.Trained.Values;
        var largest = 0.0;
        for (var index = 0; index < before.Length; index++)
            largest = Math.Max(largest, Math.Abs(after[index] - before[index]));
        return largest;
    }
}

/// <summary>The mean of the classes' recalls.</summary>
public sealed class BalancedAccuracy : IMetric
{
    public string Name => "balancedAccuracy";

    public double Measure(Predictions predictions) => Enumerable.Range(0, predictions.Count)
        .GroupBy(predictions.Label)
        .Average(label => label.Average(image => predictions.Class(image) == label.Key ? 1.0 : 0));
}
