using FlDurable.Shared.Records;

namespace FlDurable.Shared.Tests.Records;

public sealed class DivergenceTests
{
    [Fact]
    public void More_than_ten_times_the_loss_of_guessing_is_doubted()
    {
        var limit = 10 * Math.Log(10);

        Assert.Null(Divergence.Find(limit, 10, "central"));
        Assert.Equal(
            "the central loss is 23.03, more than 10 times that of guessing, ln 10 = 2.303", Divergence.Find(Math.BitIncrement(limit), 10, "central"));
    }

    [Fact]
    public void On_made_up_images_a_thousand_times_are_not()
    {
        var limit = 1000 * Math.Log(2);

        Assert.Null(Divergence.FindOnMadeUpImages(limit, 2));
        Assert.StartsWith("the loss on made-up images is 693.1, more than 1000 times", Divergence.FindOnMadeUpImages(Math.BitIncrement(limit), 2), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_guesses_among_one_class() => Assert.Null(Divergence.Find(1e30, 1, "central"));
}
