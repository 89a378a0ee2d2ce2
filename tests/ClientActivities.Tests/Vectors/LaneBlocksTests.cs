using FlDurable.ClientActivities.Vectors;

namespace FlDurable.ClientActivities.Tests.Vectors;

public sealed class LaneBlocksTests
{
    [Fact]
    public void A_block_that_was_given_back_is_the_next_ones_who_takes_as_much()
    {
        var blocks = new LaneBlocks(mostBytes: 1024);
        var block = blocks.Take(512);
        blocks.GiveBack(block, 512);

        var other = blocks.Take(256);
        Assert.NotEqual(block, other);
        Assert.Equal(512, blocks.Kept);
        Assert.Equal(block, blocks.Take(512));
        Assert.Equal(0, blocks.Kept);

        LaneBlocks.Free(block);
        LaneBlocks.Free(other);
    }

    [Fact]
    public void No_more_is_kept_than_was_said_and_what_others_left_goes_first()
    {
        var blocks = new LaneBlocks(mostBytes: 1024);
        nint[] olds = [blocks.Take(256), blocks.Take(256), blocks.Take(256)];
        nint[] news = [blocks.Take(512), blocks.Take(512), blocks.Take(512)];
        Array.ForEach(olds, block => blocks.GiveBack(block, 256));
        Assert.Equal(768, blocks.Kept);

        blocks.GiveBack(news[0], 512);
        Assert.Equal(1024, blocks.Kept);
        blocks.GiveBack(news[1], 512);
        Assert.Equal(1024, blocks.Kept);
        blocks.GiveBack(news[2], 512);
        Assert.Equal(1024, blocks.Kept);

        nint[] taken = [blocks.Take(512), blocks.Take(512)];
        Assert.Equal(0, blocks.Kept);
        Assert.All(taken, block => Assert.Contains(block, news));
        Array.ForEach(taken, LaneBlocks.Free);
    }

    [Fact]
    public void A_block_larger_than_all_that_is_kept_goes_back_at_once()
    {
        var blocks = new LaneBlocks(mostBytes: 1024);

        blocks.GiveBack(blocks.Take(2048), 2048);

        Assert.Equal(0, blocks.Kept);
    }
}
