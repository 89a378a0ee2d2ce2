using FlDurable.Shared.Records;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>Additional metrics as records have them: by whose they are, and their name.</summary>
internal static class AdditionalMetrics
{
    /// <summary>Those of all; null if there are none.</summary>
    public static Dictionary<string, double>? Together(Metrics? fit, Metrics? evaluate, Metrics? central)
    {
        if (fit?.Additional is null && evaluate?.Additional is null && central?.Additional is null)
            return null;
        var all = Prefixed("fit", fit).Concat(Prefixed("evaluate", evaluate)).Concat(Prefixed("central", central)).ToDictionary(StringComparer.Ordinal);
        return all.Count == 0 ? null : all;

        static IEnumerable<KeyValuePair<string, double>> Prefixed(string phase, Metrics? metrics) =>
            (metrics?.Additional ?? new Dictionary<string, double>()).Select(metric => KeyValuePair.Create($"{phase}.{metric.Key}", metric.Value));
    }
}
