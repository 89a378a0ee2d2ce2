using FlDurable.ClientActivities;
using FlDurable.LocalHost;

namespace FlDurable.Samples;

/// <summary>Judges the global parameters on the central test set after each round, by a metric of one's own besides loss and accuracy.</summary>
internal static class ServerEvaluation
{
    public static Task<int> RunAsync(string[] options) => FederationHost.CreateBuilder(["run", "--central-evaluation", "true", .. options])
        .AddMetric<WorstRecall>()
        .RunAsync();
}

/// <summary>The recall of the class that is recognised least.</summary>
internal sealed class WorstRecall : IMetric
{
    public string Name => "worstRecall";

    public double Measure(Predictions predictions) => Enumerable.Range(0, predictions.Count)
        .GroupBy(predictions.Label)
        .Min(label => label.Average(image => predictions.Class(image) == label.Key ? 1.0 : 0));
}
