using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities.Tests;

/// <summary>The usual measures of a classifier, on small examples worked by hand.</summary>
public sealed class ClassificationMetricsTests
{
    [Fact]
    public void Every_name_that_a_spec_can_ask_for_is_measured_and_no_other() =>
        Assert.Equal(MeasuredMetric.OnRequest, ClassificationMetrics.All.Select(metric => metric.Name));

    [Fact]
    public void Classes_count_the_same_however_many_images_they_have()
    {
        // Of class 0 three of four are found, of class 1 the one is not, class 2 has no image and one taken for it.
        var predictions = Of(classes: 3, (0, 0), (0, 0), (0, 0), (0, 2), (1, 0));

        Assert.Equal((0.75 + 0) / 2, Measure("balancedAccuracy", predictions), 12);
        Assert.Equal(((2.0 * 3 / (4 + 4)) + 0) / 2, Measure("macroF1", predictions), 12);
    }

    [Fact]
    public void Top_five_is_whether_fewer_than_five_logits_come_before()
    {
        var sixth = Of(7, [(Label: 5, Logits: [7, 6, 5, 4, 3, 2, 1])]);
        var fifth = Of(7, [(Label: 4, Logits: [7, 6, 5, 4, 3, 2, 1])]);
        var tied = Of(7, [(Label: 5, Logits: [1, 1, 1, 1, 1, 1, 1])]); // of equal logits the first count

        Assert.Equal((0, 1, 0), (Measure("top5Accuracy", sixth), Measure("top5Accuracy", fifth), Measure("top5Accuracy", tied)));
        Assert.True(double.IsNaN(Measure("top5Accuracy", Of(classes: 5, (0, 0)))));
    }

    [Fact]
    public void Calibration_is_how_far_sureness_is_from_being_right_bin_by_bin()
    {
        // Two images at 0.8, one of them right, and one at 0.5 that is right: (|1 - 1.6| + |1 - 0.5|) / 3.
        var sure = (float)Math.Log(4);

        var error = Measure("calibrationError", Of(2, [(0, [sure, 0]), (1, [sure, 0]), (0, [0, 0])]));

        Assert.Equal((0.6 + 0.5) / 3, error, 6);
        Assert.Equal(0, Measure("calibrationError", Of(2, [(0, [1000, -1000]), (1, [-1000, 1000])])), 12);
    }

    private static double Measure(string name, Predictions predictions) => ClassificationMetrics.All.Single(metric => metric.Name == name).Measure(predictions);

    /// <summary>Images with their classes and those that they are taken for.</summary>
    private static Predictions Of(int classes, params (int Label, int Taken)[] images) =>
        Of(classes, [.. images.Select(image => (image.Label, Enumerable.Range(0, classes).Select(one => one == image.Taken ? 1f : 0f).ToArray()))]);

    private static Predictions Of(int classes, IReadOnlyList<(int Label, float[] Logits)> images)
    {
        var records = images.SelectMany(image => new byte[] { (byte)image.Label, 0 }).ToArray();
        return new Predictions(new ImageExamples(records, new ImageShape(1, 1, 1), classes), images.SelectMany(image => image.Logits).ToArray());
    }
}
