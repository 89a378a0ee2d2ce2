using FlDurable.CrashingHost;
using FlDurable.CrashingHost.Points;
using FlDurable.EmbeddedEngine;
using FlDurable.Faults.Tests.Support;
using FlDurable.Shared.Storage;

namespace FlDurable.Faults.Tests;

/// <summary>
/// A process can die before every flush, rename and commit. Each such point of a federation is one where a real process is killed and
/// another goes on.
/// </summary>
public sealed class CrashPointTests(RecordedRun undisturbed, ITestOutputHelper output) : IClassFixture<RecordedRun>
{
    private const int Processes = 2;

    [Fact]
    public async Task Killed_at_any_flush_rename_or_commit_a_federation_leaves_what_an_undisturbed_one_does()
    {
        var chains = CrashChains.Plan(undisturbed.Points);

        var killedAt = (await Task.WhenAll(chains.Chunk(chains.Count / Processes + 1).Select(KillAsync))).SelectMany(points => points).ToList();

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

    /// <summary>Kills federations, each at one of its points after another, and compares what they leave in the end.</summary>
    private async Task<IReadOnlyList<ProgramPoint>> KillAsync(IReadOnlyList<IReadOnlyList<ProgramPoint>> chains)
    {
        using var folder = new TestFolder();
        var killedAt = new List<ProgramPoint>();
        var states = chains.Select((_, chain) => folder[$"state-{chain}"]).ToList();
        for (var step = 0; chains.Any(chain => chain.Count >= step); step++)
        {
            var going = Enumerable.Range(0, chains.Count).Where(chain => chains[chain].Count >= step).ToList();
            var planned = going.Select(chain => new PlannedDeath(states[chain], chains[chain].ElementAtOrDefault(step)?.Key)).ToList();
            Assert.Equal(planned, await CrashingProcess.DieAsync(undisturbed.Cache, planned));
            killedAt.AddRange(going.Where(chain => chains[chain].Count > step).Select(chain => chains[chain][step]));
        }

        Assert.All(states, state => Assert.Equal(undisturbed.Outcome, FederationOutcome.Read(state)));
        return killedAt;
    }
}
