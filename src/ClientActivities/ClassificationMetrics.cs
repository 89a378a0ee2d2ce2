using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities;

/// <summary>The usual measures of a classifier besides loss and accuracy, which specs ask for by name (<see cref="FederationSpec.Metrics"/>).</summary>
internal static class ClassificationMetrics
{
    /// <summary>All of them; their names are <see cref="MeasuredMetric.OnRequest"/>.</summary>
    public static IReadOnlyList<IMetric> All { get; } =
    [
        new Measure("balancedAccuracy", BalancedAccuracy),
        new Measure("calibrationError", CalibrationError),
        new Measure("macroF1", MacroF1),
        new Measure("top5Accuracy", TopFiveAccuracy),
    ];

    /// <summary>The mean of the classes' recalls, each class that has images with the same weight.</summary>
    private static double BalancedAccuracy(Predictions predictions) => Mean(predictions, (matrix, label) => matrix.Recall(label));

    /// <summary>The mean of the classes' F1, each class that has images with the same weight.</summary>
    private static double MacroF1(Predictions predictions) => Mean(predictions, (matrix, label) => matrix.F1(label));

    /// <summary>The share of images whose class is among the five largest logits, of equal ones the first; none where there are five classes or fewer.</summary>
    private static double TopFiveAccuracy(Predictions predictions)
    {
        const int top = 5;
        if (predictions.Classes <= top)
            return double.NaN;
        var hits = 0;
        for (var image = 0; image < predictions.Count; image++)
        {
            var logits = predictions.Logits(image);
            var label = predictions.Label(image);
            var before = 0;
            for (var other = 0; other < logits.Length; other++)
            {
                if (logits[other] > logits[label] || (logits[other] == logits[label] && other < label))
                    before++;
            }

            if (before < top)
                hits++;
        }

        return (double)hits / predictions.Count;
    }

    /// <summary>
    /// The expected calibration error (Naeini 2015; Guo 2017): images are put into 15 bins of the same width by how sure the network is of the class that it takes them for, its
    /// softmax; Σ n_b/n · |accuracy_b − mean confidence_b|.
    /// </summary>
    private static double CalibrationError(Predictions predictions)
    {
        const int bins = 15;
        var hits = new int[bins];
        var confidences = new double[bins];
        for (var image = 0; image < predictions.Count; image++)
        {
            var confidence = Confidence(predictions.Logits(image));
            var bin = Math.Clamp((int)Math.Ceiling(confidence * bins) - 1, 0, bins - 1); // a bin has its upper end, not its lower
            confidences[bin] += confidence;
            if (predictions.Class(image) == predictions.Label(image))
                hits[bin]++;
        }

        return hits.Zip(confidences, (hit, confidence) => Math.Abs(hit - confidence)).Sum() / predictions.Count;
    }

    /// <summary>The largest probability of a softmax, by arithmetic that has the same bits on every machine.</summary>
    private static double Confidence(ReadOnlySpan<float> logits)
    {
        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);
        var sum = 0.0;
        foreach (var logit in logits)
            sum += PortableMath.Exp((double)logit - largest);
        return 1 / sum;
    }

    private static double Mean(Predictions predictions, Func<ConfusionMatrix, int, double?> measure)
    {
        var matrix = ConfusionMatrix.Of(predictions);
        return Enumerable.Range(0, matrix.Classes).Average(label => measure(matrix, label))!.Value; // what is null is left out
    }

    private sealed class Measure(string name, Func<Predictions, double> measure) : IMetric
    {
        public string Name => name;

        double IMetric.Measure(Predictions predictions) => measure(predictions);
    }
}
