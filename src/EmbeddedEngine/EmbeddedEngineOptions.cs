namespace FlDurable.EmbeddedEngine;

/// <summary>How the embedded engine runs.</summary>
public sealed record EmbeddedEngineOptions
{
    /// <summary>The folder that holds the engine's database. It is made when it is not there; one process at a time has it.</summary>
    public required string StateFolder { get; init; }

    /// <summary>What this process does with the folder, for whoever finds it taken: a few words.</summary>
    public string Occupation { get; init; } = "an engine";

    /// <summary>
    /// How many activities run at a time, at least 1; each has a thread of its own. By default one per processor. Those that only wait until what they made is
    /// stored are not counted: at most as many again.
    /// </summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Whether an instance that a host started is gone on with here, and its children with it, told its id. The others stay as they are
    /// until an engine is started that takes them up; waiting for one waits for that.
    /// </summary>
    public Func<string, bool> TakesUp { get; init; } = static _ => true;

    /// <summary>
    /// Whether what the host can't do now, since its disk is full, say, is tried for ever, at intervals of up to 5 minutes. Else the engine
    /// stops after some minutes, or at once where only a person can help, with a <see cref="HostFailureException"/>.
    /// </summary>
    public bool WaitsForHost { get; init; }

    /// <summary>Is called on the engine's thread with the name of each of the <see cref="CrashPoints"/> that is reached.</summary>
    public Action<string> CrashPoint { get; init; } = static _ => { };
}
