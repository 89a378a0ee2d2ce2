using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.State;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Run;

/// <summary>A federation's result, for a person.</summary>
internal static class ResultReport
{
    public static void Write(Terminal terminal, StateFolder state, FederationResult result)
    {
        RoundTable.Write(terminal.OutputConsole, RoundTable.Newest(result.Rounds, RoundTable.MostShown), result.Damage ?? []);
        RoundTable.WriteMissing(terminal.Output, result.MissingClients);
        if (result is { Status: FederationStatus.Completed, Model: { } model })
            Write("model", model.Sha256, "");
        else if (result.Rounds is [.., { Round: > 0 } last])
            Write($"parameters after round {last.Round}", last.ParametersSha256, $" --round {last.Round}");

        if (result.Best is { } best)
        {
            terminal.Output.WriteLine(FormattableString.Invariant($"best by {best.Metric}: round {best.Round}, {best.Value:F4}, SHA-256 {best.Sha256}"));
            terminal.Output.WriteLine($"to have the file: fldurable export --id {result.Id}{state.AsOptions} --best --out best.safetensors");
        }

        // As they are, and not cut at the screen's edge: both are there to be copied.
        void Write(string what, string sha256, string which)
        {
            terminal.Output.WriteLine($"{what}: SHA-256 {sha256}");
            terminal.Output.WriteLine($"to have the file: fldurable export --id {result.Id}{state.AsOptions}{which} --out model.safetensors");
        }
    }
}
