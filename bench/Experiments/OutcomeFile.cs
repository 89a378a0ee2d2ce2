using FlDurable.Shared.Json;

namespace FlDurable.Bench.Experiments;

/// <summary>Outcomes, a line each, appended as they come: a run that was stopped goes on after the last whole line.</summary>
/// <param name="path">The file.</param>
internal sealed class OutcomeFile(string path)
{
    /// <summary>What there is so far, by <see cref="Experiment.Key"/>.</summary>
    public Dictionary<string, Outcome> Read()
    {
        var outcomes = new Dictionary<string, Outcome>(StringComparer.Ordinal);
        if (!File.Exists(path))
            return outcomes;
        var text = File.ReadAllText(path);
        foreach (var line in text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var outcome = ContractJson.Deserialize<Outcome>(line);
            outcomes[outcome.Key] = outcome;
        }

        return outcomes;
    }

    /// <summary>Adds one, on a line of its own also where the last one was cut off.</summary>
    public void Append(Outcome outcome)
    {
        var isWhole = !File.Exists(path) || new FileInfo(path).Length == 0 || File.ReadAllText(path).EndsWith('\n');
        if (!isWhole)
        {
            var text = File.ReadAllText(path);
            File.WriteAllText(path, text[..(text.LastIndexOf('\n') + 1)]);
        }

        File.AppendAllText(path, ContractJson.Serialize(outcome) + "\n");
    }
}
