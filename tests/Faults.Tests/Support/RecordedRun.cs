using FlDurable.CrashingHost.Points;

namespace FlDurable.Faults.Tests.Support;

/// <summary>The small federation, run by a process that nobody disturbs: every point on its way, and what it leaves.</summary>
public sealed class RecordedRun : IAsyncLifetime
{
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
        await CrashingProcess.RecordAsync(Cache, folder["state"], folder["points"]);
        Points = [.. File.ReadLines(folder["points"]).Select(ProgramPoint.Parse).DistinctBy(point => point.Key)];
        Outcome = FederationOutcome.Read(folder["state"]);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
