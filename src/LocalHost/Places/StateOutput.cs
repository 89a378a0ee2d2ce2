using FlDurable.LocalHost.CommandLine;

namespace FlDurable.LocalHost.Places;

/// <summary>Keeps what <c>--out</c> names apart from what federations are kept in.</summary>
internal static class StateOutput
{
    /// <exception cref="UsageException">The file is in the state folder, where it could take the place of what is needed.</exception>
    public static void RefuseOutput(this StateFolder state, string file)
    {
        if (file.Length > 0 && state.Contains(file))
            throw new UsageException($"--out: '{file}' is in the state folder '{state.Path}', which is for federations; name a file elsewhere");
    }
}
