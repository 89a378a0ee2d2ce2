using System.Diagnostics;
using FlDurable.CrashingHost;

namespace FlDurable.Faults.Tests.Support;

/// <summary><c>tests/CrashingHost</c> as a process of its own.</summary>
internal static class CrashingProcess
{
    /// <summary>Turns a hang into a failure; nothing is expected to take as long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Runs one federation to its end and writes the points on its way to a file.</summary>
    public static Task RecordAsync(string cache, string state, string file, string federation) =>
        RunAsync(diesAtTheEnd: false, cache, "record", state, file, federation);

    /// <summary>Runs federations until each is where it is to die, and lets the process die.</summary>
    /// <returns>Where they were; without a point those that came to their end.</returns>
    public static async Task<IReadOnlyList<PlannedDeath>> DieAsync(string cache, IReadOnlyList<PlannedDeath> deaths, string federation)
    {
        using var folder = new TestFolder();
        await File.WriteAllLinesAsync(folder["plan"], deaths.Select(death => death.ToString()), Cancellation);
        var output = await RunAsync(deaths.Any(death => death.Point is not null), cache, "die", folder["plan"], federation);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => PlannedDeath.Parse(line.TrimEnd('\r')))];
    }

    private static async Task<string> RunAsync(bool diesAtTheEnd, params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "FlDurable.CrashingHost.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(Cancellation);
            var error = process.StandardError.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation).WaitAsync(Patience, Cancellation);
            var died = process.ExitCode is 137 or -1; // SIGKILL; on Windows its like
            return died == diesAtTheEnd && (died || process.ExitCode == 0)
                ? await output
                : throw new InvalidOperationException($"it ended with {process.ExitCode} ({string.Join(' ', arguments)}): {await error}");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
