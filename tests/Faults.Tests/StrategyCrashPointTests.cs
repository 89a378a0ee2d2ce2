using FlDurable.CrashingHost.Points;
using FlDurable.Faults.Tests.Support;

namespace FlDurable.Faults.Tests;

/// <summary>Processes that die where a strategy's own artifacts are written, and the commits beside them: another goes on to the same bits.</summary>
public sealed class StrategyCrashPointTests(RecordedMoments moments, RecordedControls controls, RecordedPrivacy withPrivacy, RecordedAttack attack, RecordedMedian median)
    : IClassFixture<RecordedMoments>, IClassFixture<RecordedControls>, IClassFixture<RecordedPrivacy>, IClassFixture<RecordedAttack>,
        IClassFixture<RecordedMedian>
{
    private static readonly string[] Aggregation = ["AggregateLeaf", "MergeSubtrees", "AggregateUpdates", "RecordRound", "CleanUpRound"];

    [Fact]
    public async Task What_a_strategy_keeps_is_what_it_would_be_without_kills()
    {
        var points = PointsOf(moments);
        Assert.Contains(points, point => point.Subject.EndsWith("candidate_1_strategy.safetensors", StringComparison.Ordinal));
        Assert.Contains(points, point => point.Subject.EndsWith("rounds/000003/strategy.safetensors", StringComparison.Ordinal));
        Assert.Contains("rounds/000003/strategy.safetensors", moments.Outcome, StringComparison.Ordinal);

        Assert.Equal(points.Count, (await moments.KillAsync(points)).Distinct().Count());
    }

    [Fact]
    public async Task What_clients_keep_is_what_it_would_be_without_kills()
    {
        var points = PointsOf(controls);
        Assert.Contains(points, point => point.Subject.Contains("_state_client-", StringComparison.Ordinal));
        Assert.Contains(points, point => point.Subject.Contains("rounds/000003/clients/client-", StringComparison.Ordinal));
        Assert.Contains(points, point => point.Subject.EndsWith("rounds/000003/clients.json", StringComparison.Ordinal));
        var kept = controls.Outcome.Split('\n').Where(line => line.Contains("/clients/", StringComparison.Ordinal)).Select(line => line.Split(' ')[0]).ToList();
        Assert.True(kept.Select(Path.GetFileName).Distinct().Count() > 2 && kept.Count < 6, controls.Outcome); // some had no part in the last round, and what was replaced is gone

        Assert.Equal(points.Count, (await controls.KillAsync(points)).Distinct().Count());
    }

    /// <summary>Were it drawn twice, the parameters were others.</summary>
    [Fact]
    public async Task Noise_is_drawn_once_a_round_also_where_nobody_is_drawn_to_train()
    {
        var points = PointsOf(withPrivacy);
        Assert.DoesNotContain(points, point => point.Subject.Contains("updates/fed/000002/fit_1_client", StringComparison.Ordinal));
        Assert.Contains(points, point => point.Subject.EndsWith("updates/fed/000002/candidate_1.safetensors", StringComparison.Ordinal));

        Assert.Equal(points.Count, (await withPrivacy.KillAsync(points)).Distinct().Count());
    }

    [Fact]
    public async Task Hostile_clients_send_what_they_would_without_kills()
    {
        var points = PointsOf(attack);
        Assert.Contains(points, point => point.Subject.EndsWith("updates/fed/000003/fit_1_attack_client-3.safetensors", StringComparison.Ordinal));

        Assert.Equal(points.Count, (await attack.KillAsync(points)).Distinct().Count());
    }

    [Fact]
    public async Task A_rule_that_needs_all_updates_of_two_leaves_has_the_same_bits()
    {
        var points = PointsOf(median);
        Assert.Contains(points, point => point.Subject.StartsWith("after MergeSubtrees", StringComparison.Ordinal));

        Assert.Equal(points.Count, (await median.KillAsync(points)).Distinct().Count());
    }

    private static List<ProgramPoint> PointsOf(RecordedRun run) => [.. run.Points.Where(point => point.Name.StartsWith("store/", StringComparison.Ordinal)
        ? (string[])["candidate", "strategy", "leaf", "record", "global", "_state_", "/clients", "_attack_"] is var own && own.Any(part => point.Subject.Contains(part, StringComparison.Ordinal))
        : Aggregation.Any(activity => point.Subject.StartsWith($"after {activity}", StringComparison.Ordinal)))];
}
