using FlDurable.Shared.Contracts;
using Spectre.Console;

namespace FlDurable.LocalHost.Display;

/// <summary>A federation's result, for a person.</summary>
internal static class ResultReport
{
    public static void Write(IAnsiConsole console, FederationResult result)
    {
        RoundTable.Write(console, result.Rounds);
        foreach (var missing in result.MissingClients ?? [])
            console.WriteLine($"missing: {missing.Client} in {missing.Activity}: {missing.Reason}");
        if (result.Model is not { } model)
            return;
        var what = result.Status == FederationStatus.Completed ? "model" : $"parameters after round {result.Rounds[^1].Round}";
        console.WriteLine($"{what}: SHA-256 {model.Sha256}; to have the file: export --id {result.Id} --out model.safetensors");
    }
}
