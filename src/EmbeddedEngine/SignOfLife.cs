namespace FlDurable.EmbeddedEngine;

/// <summary>What a process that runs an engine tells of itself each second, to whoever looks at its state folder.</summary>
/// <param name="At">When that was.</param>
/// <param name="Ago">How long ago.</param>
/// <param name="Waiting">What it could not do then and tries again, by the ids of the instances that wait for it: at most 10.</param>
public sealed record SignOfLife(DateTimeOffset At, TimeSpan Ago, IReadOnlyDictionary<string, string> Waiting)
{
    /// <summary>What broke the process that was the last to have the folder; null while one has it, and where it ended otherwise, or was killed.</summary>
    public string? End { get; init; }

    /// <summary>After how long without a sign a process is silent: it has been stopped, is gone, or can't write its folder.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(4);

    /// <summary>Whether there should have been another since.</summary>
    public bool IsSilent => Ago >= Silence;
}
