namespace FlDurable.EmbeddedEngine;

/// <summary>The points at which a test may want the process to die (<see cref="EmbeddedEngineOptions.CrashPoint"/>).</summary>
public static class CrashPoints
{
    /// <summary>The database is open and its tables are to be made, or to be brought up to date.</summary>
    public const string BeforeSchema = "engine/before-schema";

    /// <summary>The tables are committed.</summary>
    public const string AfterSchema = "engine/after-schema";

    /// <summary>History and outgoing work are written, and nothing of it is committed.</summary>
    public const string BeforeCommit = "engine/before-commit";

    /// <summary>They are committed, and the world has not seen it.</summary>
    public const string AfterCommit = "engine/after-commit";

    /// <summary>All of them, in the order in which a process first reaches them.</summary>
    public static IReadOnlyList<string> All { get; } = [BeforeSchema, AfterSchema, BeforeCommit, AfterCommit];
}
