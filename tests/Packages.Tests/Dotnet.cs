using System.Diagnostics;

namespace FlDurable.Packages.Tests;

/// <summary>The <c>dotnet</c> command, as if nobody had called it before: the test run's own settings are not passed on.</summary>
/// <param name="home">Where it keeps what it keeps, in place of the user's folders.</param>
internal sealed class Dotnet(string home)
{
    private static readonly string[] OfTheTestRun = ["MSBUILD", "VSTEST", "TESTINGPLATFORM", "XUNIT", "DOTNET_CLI", "NUGET"];

    /// <summary>Where packages are unpacked that are in no other folder.</summary>
    public string Packages => Path.Combine(home, "packages");

    /// <summary>Runs it.</summary>
    /// <returns>What it wrote.</returns>
    public async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var (code, output) = await TryAsync(folder, arguments);
        Assert.True(code == 0, $"dotnet {string.Join(' ', arguments)} ended with {code}:\n{output}");
        return output;
    }

    /// <summary>Runs a program that it has installed.</summary>
    /// <returns>What it wrote.</returns>
    public async Task<string> RunProgramAsync(string program, string folder, params string[] arguments)
    {
        var (code, output) = await TryAsync(program, folder, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}:\n{output}");
        return output;
    }

    /// <summary>Runs it, whatever comes of it.</summary>
    public Task<(int Code, string Output)> TryAsync(string folder, params string[] arguments) => TryAsync("dotnet", folder, arguments);

    private async Task<(int Code, string Output)> TryAsync(string program, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => OfTheTestRun.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))).ToList())
            start.Environment.Remove(name);
        start.Environment["DOTNET_CLI_HOME"] = home;
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["NuGetAudit"] = "false";
        start.Environment["NUGET_PACKAGES"] = Packages;
        using var process = Process.Start(start)!;
        try
        {
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, output + await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
