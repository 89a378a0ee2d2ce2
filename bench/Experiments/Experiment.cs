using System.Text.Json.Nodes;

namespace FlDurable.Bench.Experiments;

/// <summary>One federation of a table.</summary>
/// <param name="Row">The table's row.</param>
/// <param name="Column">Its column.</param>
/// <param name="Seed">The seed: of the division of the data, too.</param>
/// <param name="Spec">The spec, but for the data.</param>
internal sealed record Experiment(string Row, string Column, int Seed, JsonObject Spec)
{
    /// <summary>Cells that divide the data alike can share what that makes.</summary>
    public string Division => $"{Spec["partitioner"]?.ToJsonString()}, seed {Seed}";

    /// <summary>Under which name its outcome is kept: another spec has another.</summary>
    public string Key => $"{Row}|{Column}|{Spec.ToJsonString()}";
}

/// <summary>How an experiment ended: a line of the file that a run goes on by.</summary>
/// <param name="Key">The <see cref="Experiment.Key"/>.</param>
/// <param name="Accuracies">The central accuracy after each round, from round 0.</param>
/// <param name="BackdoorSuccess">The backdoor's success rate after the last round; null where there is none.</param>
/// <param name="Failure">Why it ended early; null if it did not.</param>
/// <param name="Events">What the rounds' records name, collapses for instance.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record Outcome(
    string Key, IReadOnlyList<double> Accuracies, double? BackdoorSuccess, string? Failure, IReadOnlyList<string> Events, double Seconds);
