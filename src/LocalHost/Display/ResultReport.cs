using FlDurable.LocalHost.Hosting;
using FlDurable.Shared.Contracts;
using Spectre.Console;

namespace FlDurable.LocalHost.Display;

/// <summary>A federation's result, for a person.</summary>
internal static class ResultReport
{
    public static void Write(Terminal terminal, StateFolder state, FederationResult result)
    {
        var console = terminal.OutputConsole;
        RoundTable.Write(console, result.Rounds);
        foreach (var missing in result.MissingClients ?? [])
            console.WriteLine(Printable.Line($"missing: {missing.Client} in {missing.Activity}: {missing.Reason}"));
        if (result.Model is not { } model)
            return;
        var what = result.Status == FederationStatus.Completed ? "model" : $"parameters after round {result.Rounds[^1].Round}";

        // As they are, and not cut at the screen's edge: both are there to be copied.
        terminal.Output.WriteLine($"{what}: SHA-256 {model.Sha256}");
        terminal.Output.WriteLine($"to have the file: fldurable export --id {result.Id}{state.AsOptions} --out model.safetensors");
    }
}
