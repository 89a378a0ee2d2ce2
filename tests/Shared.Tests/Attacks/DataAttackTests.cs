using FlDurable.Shared.Attacks;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Tests.Attacks;

/// <summary>What hostile clients train on.</summary>
public sealed class DataAttackTests
{
    private static readonly ImageShape Shape = new(2, 3, 4);

    [Fact]
    public void Flipped_labels_are_counted_from_the_last_class()
    {
        var poisoned = Attack("labelflip").Poison(Images(10, classes: 10), Stream());

        Assert.Equal([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], Enumerable.Range(0, 10).Select(poisoned.Label));
        Assert.All(Enumerable.Range(0, 10), image => Assert.Equal(Pixels(image), poisoned.Pixels(image).ToArray()));
    }

    [Fact]
    public void A_backdoor_marks_a_share_of_the_images_in_every_channels_last_corner_and_labels_them_alike()
    {
        var own = Images(9, classes: 3);
        var poisoned = Attack("""{"name":"backdoor","target":2,"size":2,"share":0.4}""").Poison(own, Stream());

        var marked = Enumerable.Range(0, 9).Where(image => !poisoned.Pixels(image).SequenceEqual(own.Pixels(image))).ToList();
        Assert.Equal(4, marked.Count); // ⌈0.4 · 9⌉
        Assert.All(marked, image =>
        {
            var expected = Pixels(image);
            foreach (var pixel in (int[])[6, 7, 10, 11, 18, 19, 22, 23])
                expected[pixel] = 255;
            Assert.Equal(expected, poisoned.Pixels(image).ToArray());
            Assert.Equal(2, poisoned.Label(image));
        });
        Assert.All(Enumerable.Range(0, 9).Except(marked), image => Assert.Equal(own.Record(image).ToArray(), poisoned.Record(image).ToArray()));
        Assert.All(Enumerable.Range(0, 9), image => Assert.Equal(Pixels(image), own.Pixels(image).ToArray())); // what the client has is as it was
    }

    [Fact]
    public void It_is_measured_on_marked_images_of_other_classes()
    {
        var target = Attack("""{"name":"backdoor","target":1,"size":1}""").Target(Images(6, classes: 3))!.Value;

        Assert.Equal(4, target.Count);
        Assert.All(Enumerable.Range(0, 4), image => Assert.Equal((1, 255, 255), (target.Label(image), target.Pixels(image)[11], target.Pixels(image)[23])));
        Assert.Equal([0, 2, 3, 5], Enumerable.Range(0, 4).Select(image => (int)target.Pixels(image)[0]));
    }

    [Fact]
    public void It_is_measured_on_nothing_where_all_are_of_its_class_and_other_attacks_on_nothing_at_all()
    {
        Assert.Null(Attack("backdoor").Target(Images(3, classes: 1)));
        Assert.Null(Attack("labelflip").Target(Images(3, classes: 3)));
    }

    [Theory]
    [InlineData("""{"name":"backdoor","target":10,"size":1}""", "attack.target", "0 to 9")]
    [InlineData("""{"name":"backdoor","size":4}""", "attack.size", "at most 3")]
    public void A_trigger_that_does_not_fit_the_images_is_refused(string attack, string field, string words)
    {
        var spec = AttackedSpec.Of(attack);

        var error = Assert.Single(Assert.Throws<InvalidSpecException>(() => new AttackRegistry().Check(spec, Shape, 10)).Errors);

        Assert.Equal(field, error.Field);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        new AttackRegistry().Check(spec, new ImageShape(1, 4, 4), 11);
    }

    [Fact]
    public void A_spec_without_hostile_clients_has_no_attack() => Assert.Null(new AttackRegistry().Find(new FederationSpec()));

    private static IAttack Attack(string attack) => new AttackRegistry().Find(AttackedSpec.Of(attack))!;

    private static RandomStream Stream() => new(42, RandomPurpose.Poisoning);

    /// <summary>Image n has label n modulo the classes, and pixels of n each.</summary>
    private static ImageExamples Images(int count, int classes) =>
        new(Enumerable.Range(0, count).SelectMany(image => Pixels(image).Prepend((byte)(image % classes))).ToArray(), Shape, classes);

    private static byte[] Pixels(int image) => [.. Enumerable.Repeat((byte)image, Shape.Length)];
}
