using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class ImageExamplesTests
{
    private static readonly ImageShape Shape = new(1, 1, 2);
    private static readonly ImageExamples All = new(new byte[] { 0, 10, 11, 1, 20, 21, 2, 30, 31, 0, 40, 41 }, Shape, classes: 3);

    [Fact]
    public void Chosen_ones_are_those_in_their_order()
    {
        var chosen = All.Choose([2, 0, 3]);

        Assert.Equal(3, chosen.Count);
        Assert.Equal([2, 0, 0], Enumerable.Range(0, 3).Select(chosen.Label));
        Assert.Equal<byte>([30, 31], chosen.Pixels(0).ToArray());
        Assert.Equal<byte>([0, 40, 41], chosen.Record(2).ToArray());
        Assert.Equal<byte>([2, 30, 31, 0, 10, 11, 0, 40, 41], chosen.Records.ToArray());
    }

    [Fact]
    public void Of_chosen_ones_some_can_be_chosen()
    {
        int[] places = [2, 0];
        var chosen = All.Choose([3, 2, 1, 0]).Slice(1, 3).Choose(places);
        places[0] = 1;

        Assert.Equal<byte>([0, 10, 11, 2, 30, 31], chosen.Records.ToArray());
        Assert.Throws<IndexOutOfRangeException>(() => All.Choose([3, 2, 1, 0]).Slice(1, 3).Choose([3]));
    }

    [Fact]
    public void A_part_of_chosen_ones_ends_where_it_says()
    {
        var part = All.Choose([2, 0, 3, 1]).Slice(1, 3).Slice(0, 2);

        Assert.Equal(2, part.Count);
        Assert.Equal<byte>([0, 10, 11, 0, 40, 41], part.Records.ToArray());
        Assert.Throws<IndexOutOfRangeException>(() => part.Label(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Slice(1, 2));
    }

    [Fact]
    public void All_of_them_are_not_copied()
    {
        Assert.True(All.Records.Span == All.Slice(0, 4).Records.Span);
        Assert.Equal<byte>([1, 20, 21], All.Slice(1, 2).Record(0).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => All.Slice(3, 2));
    }

    [Fact]
    public void A_label_that_is_none_of_the_classes_is_named_with_its_place()
    {
        var exception = Assert.Throws<InvalidDataException>(() => new ImageExamples(All.Records, Shape, classes: 2));

        Assert.Equal("record 2 (byte 6): label 2, expected 0 to 1", exception.Message);
    }
}
