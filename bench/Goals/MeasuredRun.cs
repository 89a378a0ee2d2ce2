using System.Diagnostics;
using System.Globalization;

namespace FlDurable.Bench.Goals;

/// <summary>What a run of the program itself took, as <c>--timings</c> tells it.</summary>
/// <param name="All">From the start of the process to its end, in seconds.</param>
/// <param name="Work">Of that training and evaluation.</param>
internal sealed record MeasuredRun(double All, double Work)
{
    private const string Total = "from the start of the process on, of which";

    /// <summary>What was neither.</summary>
    public double Rest => All - Work;

    /// <summary>Runs it, with a state folder and a cache of its own in a folder, where they stay.</summary>
    /// <exception cref="InvalidOperationException">It failed, or told no times.</exception>
    public static async Task<MeasuredRun> OfAsync(string program, IEnumerable<string> arguments, string folder, CancellationToken cancellationToken)
    {
        var own = Directory.CreateDirectory(Path.Combine(folder, Path.GetRandomFileName())).FullName;
        return Parse(await RunAsync(program, [.. arguments, "--state", Path.Combine(own, "state"), "--timings"], Path.Combine(own, "cache"), cancellationToken));
    }

    /// <exception cref="InvalidOperationException">It tells no times.</exception>
    internal static MeasuredRun Parse(string output)
    {
        var lines = output.Split('\n').Select(line => line.Trim().Split(" s ", 2)).Where(parts => parts.Length == 2).ToList();
        return new MeasuredRun(Seconds(Total), Seconds("training") + Seconds("evaluation"));

        double Seconds(string what) =>
            lines.FirstOrDefault(parts => parts[1] == what) is [var number, _] && double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
                ? seconds
                : throw new InvalidOperationException($"the program does not tell how long '{what}' took; its output ends: {output[Math.Max(0, output.Length - 500)..]}");
    }

    private static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, string cache, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, ["run", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["FLDURABLE_CACHE"] = cache;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? $"{await output}\n{await errors}"
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await errors}");
    }
}
