using System.Diagnostics;
using System.Text.Json;

namespace OwnNamespace.Tests;

/// <summary>The program as a user runs it.</summary>
public sealed class FederationTests : IDisposable
{
    private readonly string state = Directory.CreateTempSubdirectory("federation-").FullName;

    public void Dispose() => Directory.Delete(state, recursive: true);

    [Fact]
    public async Task Own_parts_learn_together()
    {
        using var result = JsonDocument.Parse(await RunAsync(
            "run", "--json", "--state", state, "--data", "bars:60", "--network", "narrow", "--strategy", "cautious", "--strategy-option", "share=0.9",
            "--clients", "3", "--rounds", "6", "--epochs", "5", "--learning-rate", "0.01"));

        var last = result.RootElement.GetProperty("rounds").EnumerateArray().Last();
        Assert.True(last.GetProperty("centralAccuracy").GetDouble() > 0.8, $"{last}");
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var program = typeof(Bars).Assembly.Location;
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
        return output;
    }
}
