using CsCheck;
using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.LanesEngine.Tests.Support;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine.Tests;

public sealed unsafe class LossTests
{
    private static readonly Gen<(float[][] Logits, int[] Labels, int BatchSize)> Batches =
        from classes in Gen.Int[1, 12]
        from images in Gen.Int[1, BatchSlice.Images]
        from spread in Gen.OneOf(0.1f, 3f, 40f, 200f)
        from logits in Gen.Float[-spread, spread].Array[classes].Array[images]
        from labels in Gen.Int[0, classes - 1].Array[images]
        from more in Gen.Int[0, 100]
        select (logits, labels, images + more);

    [Fact]
    public void Loss_accuracy_and_gradients_are_those_of_the_definition_in_double_precision() =>
        Batches.Sample(batch =>
        {
            Check<Lanes16>(batch.Logits, batch.Labels, batch.BatchSize);
            Check<Lanes8>(batch.Logits, batch.Labels, batch.BatchSize);
        }, iter: 500);

    [Fact]
    public void Of_equal_logits_the_first_is_the_prediction()
    {
        Assert.Equal(1, Score<Lanes16>([[1, 3, 3]], [1], 1).Score.Correct);
        Assert.Equal(0, Score<Lanes16>([[1, 3, 3]], [2], 1).Score.Correct);
    }

    [Fact]
    public void A_diverged_logit_makes_the_loss_not_finite()
    {
        Assert.False(double.IsFinite(Score<Lanes16>([[1, float.NaN, 3]], [0], 1).Score.Loss));
        Assert.False(double.IsFinite(Score<Lanes8>([[1, float.PositiveInfinity, 3]], [0], 1).Score.Loss));
    }

    private static void Check<TLanes>(float[][] logits, int[] labels, int batchSize)
        where TLanes : struct, ILanes<TLanes>
    {
        var (score, gradients) = Score<TLanes>(logits, labels, batchSize);
        var loss = 0.0;
        var correct = 0;
        for (var image = 0; image < logits.Length; image++)
        {
            var row = logits[image].Select(logit => (double)logit).ToArray();
            loss += ReferenceNetwork.Loss(row, labels[image]);
            correct += Array.IndexOf(row, row.Max()) == labels[image] ? 1 : 0;
            var sum = row.Sum(logit => Math.Exp(logit - row.Max()));
            for (var index = 0; index < row.Length; index++)
            {
                var expected = (Math.Exp(row[index] - row.Max()) / sum - (index == labels[image] ? 1 : 0)) / batchSize;
                Assert.Equal(expected, gradients[image][index], 1e-6 / batchSize);
            }
        }

        Assert.Equal(loss, score.Loss, 1e-6 * logits.Length + 1e-6 * loss);
        Assert.Equal(correct, score.Correct);
        Assert.Equal(logits.Length, score.Images);
    }

    private static (Score Score, float[][] Gradients) Score<TLanes>(float[][] logits, int[] labels, int batchSize)
        where TLanes : struct, ILanes<TLanes>
    {
        var classes = logits[0].Length;
        using var memory = new LaneMemory();
        var activations = Activations.Allocate(memory, new ImageShape(classes, 1, 1), withGradients: true);
        nint At(int image, int index) => image / LaneGroup.Size * activations.GroupLength + index * LaneGroup.Size + image % LaneGroup.Size;
        for (var image = 0; image < logits.Length; image++)
        {
            for (var index = 0; index < classes; index++)
                activations.Values[At(image, index)] = logits[image][index];
        }

        var examples = new ImageExamples(labels.SelectMany(label => new byte[] { (byte)label, 0 }).ToArray(), new ImageShape(1, 1, 1), classes);
        int[] images = [.. Enumerable.Range(0, labels.Length)];
        var score = new SoftmaxCrossEntropy<TLanes>(memory, activations).Score(new BatchSlice(examples, images), batchSize);
        for (var lane = labels.Length; lane < LaneGroup.CountFor(labels.Length) * LaneGroup.Size; lane++)
            Assert.All(Enumerable.Range(0, classes), index => Assert.Equal(0, activations.Gradients[At(lane, index)]));
        return (score, [.. images.Select(image => Enumerable.Range(0, classes).Select(index => activations.Gradients[At(image, index)]).ToArray())]);
    }
}
