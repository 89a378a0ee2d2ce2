using FlDurable.CrashingHost;
using FlDurable.CrashingHost.Points;

namespace FlDurable.Faults.Tests.Support;

/// <summary>A small federation, run by a process that nobody disturbs: every point on its way, and what it leaves.</summary>
/// <param name="federation">Which (<see cref="CrashingHost.SmallFederation.Killed"/>).</param>
public abstract class RecordedRun(string federation) : IAsyncLifetime
{
    private const int Processes = 2;

    private readonly TestFolder folder = new();

    /// <summary>Data sets, decoded once for every run.</summary>
    internal string Cache => folder["cache"];

    /// <summary>Every point once, in the order in which it is first reached.</summary>
    internal IReadOnlyList<ProgramPoint> Points { get; private set; } = [];

    /// <summary>What it leaves (<see cref="FederationOutcome"/>).</summary>
    internal string Outcome { get; private set; } = "";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        await CrashingProcess.RecordAsync(Cache, folder["state"], folder["points"], federation);
        Points = [.. File.ReadLines(folder["points"]).Select(ProgramPoint.Parse).DistinctBy(point => point.Key)];
        Outcome = FederationOutcome.Read(folder["state"]);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>A JSON artifact that it leaves.</summary>
    internal string Text(string artifact) => File.ReadAllText(Path.Combine(SmallFederation.Artifacts(folder["state"]), artifact));

    /// <summary>Kills federations, each at one of some points after another, and compares what they leave in the end.</summary>
    /// <returns>Where they were killed.</returns>
    internal async Task<IReadOnlyList<ProgramPoint>> KillAsync(IReadOnlyList<ProgramPoint> points)
    {
        var chains = CrashChains.Plan(points);
        return [.. (await Task.WhenAll(chains.Chunk((chains.Count / Processes) + 1).Select(KillAsync))).SelectMany(killedAt => killedAt)];
    }

    private async Task<IReadOnlyList<ProgramPoint>> KillAsync(IReadOnlyList<IReadOnlyList<ProgramPoint>> chains)
    {
        using var states = new TestFolder();
        var killedAt = new List<ProgramPoint>();
        var paths = chains.Select((_, chain) => states[$"state-{chain}"]).ToList();
        for (var step = 0; chains.Any(chain => chain.Count >= step); step++)
        {
            var going = Enumerable.Range(0, chains.Count).Where(chain => chains[chain].Count >= step).ToList();
            var planned = going.Select(chain => new PlannedDeath(paths[chain], chains[chain].ElementAtOrDefault(step)?.Key)).ToList();
            Assert.Equal(planned, await CrashingProcess.DieAsync(Cache, planned, federation));
            killedAt.AddRange(going.Where(chain => chains[chain].Count > step).Select(chain => chains[chain][step]));
        }

        Assert.All(paths, path => Assert.Equal(Outcome, FederationOutcome.Read(path)));
        return killedAt;
    }
}

/// <summary>Federated averaging, which keeps nothing on the server.</summary>
public sealed class RecordedAverage() : RecordedRun("average");

/// <summary>A strategy that keeps moments from round to round.</summary>
public sealed class RecordedMoments() : RecordedRun("moments");

/// <summary>A strategy whose clients keep something from round to round, of whom not all are in each.</summary>
public sealed class RecordedControls() : RecordedRun("controls");

/// <summary>A schedule, a best round that is kept, and an early end.</summary>
public sealed class RecordedChange() : RecordedRun("changing");

/// <summary>Clients that are drawn one by one, and noise on their mean, whose clip follows their norms.</summary>
public sealed class RecordedPrivacy() : RecordedRun("private");

/// <summary>Hostile clients that look at what the others send.</summary>
public sealed class RecordedAttack() : RecordedRun("attacked");

/// <summary>A strategy that needs the updates of two leaves one by one.</summary>
public sealed class RecordedMedian() : RecordedRun("median");
