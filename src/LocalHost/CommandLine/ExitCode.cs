namespace FlDurable.LocalHost.CommandLine;

/// <summary>What the process tells whoever started it (docs/commands.md).</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The federation, or the training, failed.</summary>
    public const int Failed = 1;

    /// <summary>
    /// What was asked for can't be done: an option, the spec, the data, the state folder, an address to listen at; or it was done, and what
    /// came of it could not be written to stdout.
    /// </summary>
    public const int BadUsage = 2;

    /// <summary>The host does not take a worker's key: asked again it would not either.</summary>
    public const int KeyRefused = 3;

    /// <summary>128 and the number of SIGHUP, as shells have it.</summary>
    public const int HungUp = 129;

    /// <summary>128 and the number of SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>128 and the number of SIGTERM.</summary>
    public const int Terminated = 143;
}
