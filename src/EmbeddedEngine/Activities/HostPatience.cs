using FlDurable.Orchestrator.Durable;

namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>How long the engine waits for its host, whose disk may be full or whose storage away.</summary>
/// <param name="isEndless">Whether it tries for ever; else it stops after some minutes, or at once where only a person can help.</param>
internal sealed class HostPatience(bool isEndless)
{
    private const int MostTries = 10;

    private readonly RetryPolicy intervals = new(
        MostTries, TimeSpan.FromSeconds(1), BackoffCoefficient: 2, TimeSpan.FromSeconds(isEndless ? 300 : 30));

    /// <summary>Whether the engine goes on with what it can, whatever of it a person must mend.</summary>
    public bool IsEndless => isEndless;

    /// <summary>How long to wait before an activity is tried again; null when the engine is to stop.</summary>
    /// <param name="tries">How often it was tried.</param>
    /// <param name="failure">How it ended last.</param>
    public TimeSpan? Wait(int tries, HostFailure failure) =>
        isEndless || (!failure.IsForGood && tries < MostTries) ? intervals.IntervalBefore(tries + 1) : null;
}
