namespace FlDurable.Worker.Tests;

/// <summary>What counts towards a site's limits of a day.</summary>
public sealed class DayOfWorkTests
{
    private static readonly DateTime Noon = new(2026, 11, 29, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Who_asks_for_the_same_again_is_told_the_same_and_it_counts_once()
    {
        var answers = new Answers([Trained("a"), Trained("a", Noon.AddHours(1))], underWay: []);

        Assert.Equal(1, answers.CountWith("a"));
        Assert.Equal(2, answers.CountWith("b"));
    }

    [Fact]
    public void What_another_slot_is_about_to_send_counts_as_if_it_had_left()
    {
        var answers = new Answers([Trained("a")], underWay: ["b"]);

        Assert.Equal(2, answers.CountWith("b"));
        Assert.Equal(3, answers.CountWith("c"));
    }

    [Fact]
    public void Each_line_of_a_release_that_wrote_no_digest_counts()
    {
        var answers = new Answers([Trained(null), Trained(null, Noon.AddTicks(1))], underWay: []);

        Assert.Equal(3, answers.CountWith("a"));
    }

    private static AuditEntry Trained(string? order, DateTime? at = null) => new(at ?? Noon, AuditEntry.Trained, "host", "fed", 1, Order: order);
}
