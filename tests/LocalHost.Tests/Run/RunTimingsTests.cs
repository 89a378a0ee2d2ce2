using FlDurable.LocalHost.Run;
using FlDurable.Shared.Rounds;

namespace FlDurable.LocalHost.Tests.Run;

public sealed class RunTimingsTests
{
    [Fact]
    public void Each_moment_counts_once_and_for_training_where_both_go_on()
    {
        var breakdown = Breakdown(
            launch: 1,
            [(RoundPhase.Evaluate, 3, 4), (RoundPhase.Fit, 5, 8), (RoundPhase.Fit, 6, 7), (RoundPhase.Evaluate, 7, 10), (RoundPhase.Fit, 12, 13)],
            end: 15);

        Assert.Equal(
            [(1, "start-up"), (2, "data set, launch, first parameters"), (4, "training"), (3, "evaluation"), (3, "aggregation, records, history"), (2, "result")],
            breakdown);
    }

    [Fact]
    public void A_run_without_work_is_all_start_and_launch() => Assert.Equal(
        [(1, "start-up"), (2, "data set, launch, first parameters"), (0, "training"), (0, "evaluation"), (0, "aggregation, records, history"), (0, "result")],
        Breakdown(launch: 1, [], end: 3));

    private static IEnumerable<(double Seconds, string What)> Breakdown(double launch, (RoundPhase Phase, double Begin, double End)[] work, double end) =>
        RunTimings.Breakdown(
            TimeSpan.FromSeconds(launch),
            [.. work.Select(one => (one.Phase, TimeSpan.FromSeconds(one.Begin), TimeSpan.FromSeconds(one.End)))],
            TimeSpan.FromSeconds(end))
        .Select(part => (part.Time.TotalSeconds, part.What));
}
