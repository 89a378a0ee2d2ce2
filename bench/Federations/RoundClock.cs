using System.Diagnostics;
using FlDurable.Shared.Contracts;

namespace FlDurable.Bench.Federations;

/// <summary>Notes when each round was recorded, and what had been used until then.</summary>
internal sealed class RoundClock(CountedArtifacts artifacts)
{
    private readonly Lock gate = new();
    private readonly List<Moment> moments = [];

    /// <summary>Where the federation began, and where round 0, 1 and so on were recorded.</summary>
    public IReadOnlyList<Moment> Moments
    {
        get
        {
            lock (gate)
                return [.. moments];
        }
    }

    public void Start() => Note();

    public void Record(RecordRoundInput input, RecordRoundResult result) => Note();

    private void Note()
    {
        lock (gate)
            moments.Add(new Moment(Stopwatch.GetTimestamp(), artifacts.BytesRead, artifacts.ArtifactsWritten, Environment.WorkingSet));
    }
}

/// <summary>A moment of a run.</summary>
/// <param name="Timestamp">By <see cref="Stopwatch"/>.</param>
/// <param name="BytesRead">Read of artifacts until then.</param>
/// <param name="ArtifactsWritten">Written until then.</param>
/// <param name="ResidentBytes">The process's memory then.</param>
internal readonly record struct Moment(long Timestamp, long BytesRead, long ArtifactsWritten, long ResidentBytes);
