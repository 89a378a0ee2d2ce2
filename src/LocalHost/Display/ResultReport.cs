using FlDurable.Shared.Contracts;
using Spectre.Console;

namespace FlDurable.LocalHost.Display;

/// <summary>A federation's result, for a person.</summary>
internal static class ResultReport
{
    public static void Write(IAnsiConsole console, FederationResult result)
    {
        RoundTable.Write(console, result.Rounds);
        if (result.Model is { } model)
            console.WriteLine($"model: {model.Artifact}, SHA-256 {model.Sha256}");
    }
}
