using FlDurable.EmbeddedEngine;
using FlDurable.Faults.Tests.Support;
using FlDurable.Shared.Storage;

namespace FlDurable.Faults.Tests;

/// <summary>
/// A process can die before every flush, rename and commit. Each such point of a federation is one where a real process is killed and
/// another goes on.
/// </summary>
public sealed class CrashPointTests(RecordedAverage undisturbed, ITestOutputHelper output) : IClassFixture<RecordedAverage>
{
    [Fact]
    public async Task Killed_at_any_flush_rename_or_commit_a_federation_leaves_what_an_undisturbed_one_does()
    {
        var killedAt = await undisturbed.KillAsync(undisturbed.Points);

        var byName = killedAt.GroupBy(point => point.Name).Select(points => $"{points.Key} {points.Count()}");
        output.WriteLine($"killed at {killedAt.Count} of {undisturbed.Points.Count} points: {string.Join(", ", byName.Order(StringComparer.Ordinal))}");
        Assert.Equal(undisturbed.Points.Count, killedAt.Distinct().Count());
    }

    [Fact]
    public void Every_crash_point_of_the_engine_is_on_the_way() =>
        Assert.Empty(CrashPoints.All.Except(undisturbed.Points.Select(point => point.Name)));

    [Fact]
    public void Every_step_of_every_kind_of_artifact_is_on_the_way()
    {
        var steps = typeof(IDurableFiles).GetMethods()
            .Where(method => method.Name != nameof(IDurableFiles.WriteAsync))
            .Select(method => $"store/before-{method.Name}");
        var declared = steps.SelectMany(step => PointKind.Artifacts.Select(artifact => $"{step} {artifact}"));

        Assert.Empty(declared.Except(undisturbed.Points.Select(PointKind.Of)));
    }

    [Fact]
    public void Every_round_is_on_the_way() => Assert.All(
        [1, 2, 3],
        round => Assert.Contains(undisturbed.Points, point => point.Subject.StartsWith($"after RecordRound round={round}", StringComparison.Ordinal)));
}
