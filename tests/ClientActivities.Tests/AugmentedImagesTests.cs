using CsCheck;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities.Tests;

public sealed class AugmentedImagesTests
{
    private static readonly Gen<(ImageShape Shape, Augmentation Augmentation)> Cases =
        from height in Gen.Int[3, 9]
        from width in Gen.Int[3, 9]
        from channels in Gen.Int[1, 3]
        from pad in Gen.Int[0, Math.Min(height, width) - 1]
        from flip in Gen.Bool
        select (new ImageShape(channels, height, width), new Augmentation(pad, flip));

    [Fact]
    public void An_image_becomes_a_cut_of_its_mirrored_continuation_flipped_or_not() => Cases.Sample((shape, augmentation) =>
    {
        var examples = Examples(shape, count: 3);
        var images = new AugmentedImages(Task(examples), augmentation);
        images.NextEpoch();

        var changed = images.Of([2, 0]);

        Assert.Equal([2, 0], (int[])[changed.Label(0), changed.Label(1)]);
        Assert.Contains(Convert.ToHexString(changed.Pixels(0)), AllOf(examples.Pixels(2).ToArray(), shape, augmentation));
        Assert.Contains(Convert.ToHexString(changed.Pixels(1)), AllOf(examples.Pixels(0).ToArray(), shape, augmentation));
    });

    [Fact]
    public void Each_of_the_cuts_comes_about_as_often_as_the_others()
    {
        var shape = new ImageShape(1, 5, 7); // wide enough that no two cuts are the same
        var augmentation = new Augmentation(2);
        var examples = Examples(shape, count: 1_000);
        var images = new AugmentedImages(Task(examples), augmentation);
        var counts = new int[2 * 5 * 5];
        for (var epoch = 0; epoch < 20; epoch++)
        {
            images.NextEpoch();
            for (var index = 0; index < examples.Count; index++)
                counts[AllOf(examples.Pixels(index).ToArray(), shape, augmentation).IndexOf(Convert.ToHexString(images.Of([index]).Pixels(0)))]++;
        }

        // 20,000 draws of 50 cuts: 400 each, with a standard deviation of 20.
        Assert.All(counts, count => Assert.InRange(count, 300, 500));
    }

    [Fact]
    public void What_becomes_of_an_image_does_not_depend_on_its_batch()
    {
        var examples = Examples(new ImageShape(3, 8, 8), count: 6);
        var (one, other) = (new AugmentedImages(Task(examples), new Augmentation(4)), new AugmentedImages(Task(examples), new Augmentation(4)));
        one.NextEpoch();
        other.NextEpoch();

        var together = one.Of([5, 3, 1]).Records.ToArray();
        var apart = (byte[])[.. other.Of([5]).Records.ToArray(), .. other.Of([3]).Records.ToArray(), .. other.Of([1]).Records.ToArray()];

        Assert.Equal(together, apart);
    }

    [Fact]
    public void It_is_another_one_in_each_epoch_round_client_and_seed()
    {
        var examples = Examples(new ImageShape(3, 8, 8), count: 20);
        TrainingTask[] tasks =
        [
            Task(examples), Task(examples) with { Round = 2 }, Task(examples) with { Client = 1 }, Task(examples) with { Seed = 2 },
        ];

        var all = tasks.SelectMany(task =>
        {
            var images = new AugmentedImages(task, new Augmentation(4));
            return Enumerable.Range(0, 2).Select(_ =>
            {
                images.NextEpoch();
                return Convert.ToHexString(images.Of([.. Enumerable.Range(0, 20)]).Records.Span);
            });
        }).ToList();

        Assert.Equal(8, all.Distinct().Count());
    }

    private static TrainingTask Task(ImageExamples examples)
    {
        var network = new Network("plain", examples.Shape, [new Flatten(), new Linear("fc", examples.Shape.Length, examples.Classes)]);
        return new TrainingTask(network, new ModelParameters(network.Layout), examples, TrainingOptions.Of(TrainingPlan.Of(new FederationSpec(), 1)), Seed: 1, Round: 1, Client: 0);
    }

    /// <summary>Images of which no two pixels are alike, as far as bytes go.</summary>
    private static ImageExamples Examples(ImageShape shape, int count)
    {
        var records = new byte[count * (1 + shape.Length)];
        for (var index = 0; index < count; index++)
        {
            records[index * (1 + shape.Length)] = (byte)(index % 200);
            for (var pixel = 0; pixel < shape.Length; pixel++)
                records[index * (1 + shape.Length) + 1 + pixel] = (byte)(pixel * 7 + index);
        }

        return new ImageExamples(records, shape, classes: 200);
    }

    /// <summary>Every cut, straight from what one is: of the image continued on every side, one place after the other, each flipped and not.</summary>
    private static List<string> AllOf(byte[] image, ImageShape shape, Augmentation augmentation)
    {
        var (pad, all) = (augmentation.Pad, new List<string>());
        for (var down = -pad; down <= pad; down++)
        {
            for (var right = -pad; right <= pad; right++)
            {
                foreach (var flip in augmentation.Flip ? (bool[])[false, true] : [false])
                {
                    var cut = new byte[image.Length];
                    for (var at = 0; at < cut.Length; at++)
                    {
                        var (plane, row, column) = (at / (shape.Height * shape.Width), at / shape.Width % shape.Height, at % shape.Width);
                        cut[at] = image[(plane * shape.Height + Within(row + down, shape.Height)) * shape.Width
                            + Within((flip ? shape.Width - 1 - column : column) + right, shape.Width)];
                    }

                    all.Add(Convert.ToHexString(cut));
                }
            }
        }

        return all;
    }

    private static int Within(int at, int length)
    {
        var period = 2 * (length - 1);
        var place = ((at % period) + period) % period;
        return Math.Min(place, period - place);
    }
}
