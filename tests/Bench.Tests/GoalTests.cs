using FlDurable.Bench.Goals;

namespace FlDurable.Bench.Tests;

public sealed class GoalTests
{
    [Theory]
    [InlineData(0.5, 1.0, false, "reached")]
    [InlineData(1.5, 1.0, false, "missed, 1.5 times")]
    [InlineData(2.0, 1.0, true, "reached")]
    [InlineData(0.5, 1.0, true, "missed, 2 times")]
    [InlineData(null, 1.0, false, "not measured")]
    public void A_figure_stands_beside_its_goal(double? value, double limit, bool isLeast, string verdict)
    {
        var table = Goal.ToTable([new Goal("a round", "s", value, limit, isLeast)]);

        Assert.StartsWith("a round ", table, StringComparison.Ordinal);
        Assert.EndsWith(verdict, table, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_run_tells_of_its_time_is_what_is_measured()
    {
        var run = MeasuredRun.Parse(
            """
            model: SHA-256 00
               6.50 s from the start of the process on, of which
               0.12 s start-up
               1.90 s data set, launch, first parameters
               3.27 s training
               0.52 s evaluation
               0.65 s aggregation, records, history
               0.04 s result
            """);

        Assert.Equal(6.5, run.All);
        Assert.Equal(2.71, run.Rest, tolerance: 1e-9);
    }

    [Fact]
    public void A_run_that_tells_no_times_is_no_measurement() =>
        Assert.Throws<InvalidOperationException>(() => MeasuredRun.Parse("   1.00 s training"));
}
