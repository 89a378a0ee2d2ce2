namespace FlDurable.LocalHost.CommandLine;

/// <summary>What the process tells whoever started it.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The federation, or the training, failed.</summary>
    public const int Failed = 1;

    /// <summary>What was asked for can't be done: an option, the spec, the data or the state folder.</summary>
    public const int BadUsage = 2;

    /// <summary>128 and the number of SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;
}
