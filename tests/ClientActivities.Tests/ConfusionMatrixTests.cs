using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.ClientActivities.Tests;

public sealed class ConfusionMatrixTests
{
    [Fact]
    public void Images_are_counted_by_their_class_and_by_that_which_they_are_taken_for()
    {
        // Of class 0 three of four are found; the one of class 1 is taken for 0; class 2 has no image, and one that is taken for it.
        var matrix = Of((0, 0), (0, 0), (0, 0), (0, 2), (1, 0));

        Assert.Equal([[3, 0, 1], [1, 0, 0], [0, 0, 0]], Enumerable.Range(0, 3).Select(label => Enumerable.Range(0, 3).Select(taken => matrix[label, taken])));
        Assert.Equal([4, 1, 0], Enumerable.Range(0, 3).Select(matrix.Images));
        Assert.Equal([4, 0, 1], Enumerable.Range(0, 3).Select(matrix.Taken));
        Assert.Equal([0.75, 0, null], Enumerable.Range(0, 3).Select(matrix.Recall));
        Assert.Equal([0.75, null, 0], Enumerable.Range(0, 3).Select(matrix.Precision));
        Assert.Equal([0.75, 0, null], Enumerable.Range(0, 3).Select(matrix.F1));
    }

    private static ConfusionMatrix Of(params (int Label, int Taken)[] images)
    {
        const int classes = 3;
        var records = images.SelectMany(image => new byte[] { (byte)image.Label, 0 }).ToArray();
        var logits = images.SelectMany(image => Enumerable.Range(0, classes).Select(one => one == image.Taken ? 1f : 0f)).ToArray();
        return ConfusionMatrix.Of(new Predictions(new ImageExamples(records, new ImageShape(1, 1, 1), classes), logits));
    }
}
