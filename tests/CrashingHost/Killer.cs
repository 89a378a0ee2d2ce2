using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace FlDurable.CrashingHost;

/// <summary>An activity that does something to the process that it runs in. Of those that clients run, it is the second client's.</summary>
/// <param name="Activity">The activity's name.</param>
/// <param name="How">What it does: <c>failFast</c>, <c>sigkill</c>, <c>hang</c> (and tells its process's id in a file), or <c>nothing</c>.</param>
internal sealed record Killer(string Activity, string How)
{
    private const int SecondClient = 1;

    /// <summary>Where one that hangs tells its process's id.</summary>
    public static string PidFile(string state) => Path.Combine(state, "hangs.pid");

    /// <summary>Does it, if this is the activity.</summary>
    public void Strike(string state, string activity, string input)
    {
        if (activity != Activity || !IsMeant(input))
            return;
        switch (How)
        {
            case "failFast":
                Environment.FailFast("as a native library does that finds its memory corrupted");
                break;
            case "sigkill":
                Process.GetCurrentProcess().Kill();
                break;
            case "hang":
                var aside = PidFile(state) + ".new";
                File.WriteAllText(aside, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
                File.Move(aside, PidFile(state), overwrite: true);
                Thread.Sleep(Timeout.Infinite);
                break;
        }
    }

    private static bool IsMeant(string input)
    {
        using var document = JsonDocument.Parse(input);
        return !document.RootElement.TryGetProperty("first", out var first) || first.GetInt32() == SecondClient;
    }
}
