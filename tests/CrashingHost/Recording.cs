using FlDurable.CrashingHost.Points;

namespace FlDurable.CrashingHost;

/// <summary>A federation that nobody disturbs, and every point on its way.</summary>
internal static class Recording
{
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(string cache, string state, string file, string federation)
    {
        await using var record = new StreamWriter(file);
        await FederationRun.ToEndAsync(state, cache, SmallFederation.Killed[federation], new ProgramPoints(record.WriteLine));
        return 0;
    }
}
