using FlDurable.LocalHost.Pictures;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Curves;

/// <summary>What the x axis of a curve has.</summary>
internal enum Across
{
    /// <summary>The rounds.</summary>
    Rounds,

    /// <summary>The seconds that all rounds so far have taken.</summary>
    Seconds,
}

/// <summary>Recorded rounds as curves.</summary>
internal static class RecordedCurves
{
    /// <summary>What was measured in any round, in the order in which records have it.</summary>
    public static IReadOnlyList<string> MeasuresOf(IReadOnlyList<RoundRecord> rounds) => [.. rounds.SelectMany(RoundMeasure.AllOf).Select(one => one.What).Distinct()];

    /// <summary>The curves of a measure: one for each of those whose it is.</summary>
    public static IReadOnlyList<Curve> Of(IReadOnlyList<RoundRecord> rounds, string measure, Across across)
    {
        var curves = new Dictionary<string, List<CurvePoint>>(StringComparer.Ordinal);
        foreach (var (x, round) in Along(rounds, across))
        {
            foreach (var one in RoundMeasure.AllOf(round).Where(one => one.What == measure))
            {
                if (!curves.TryGetValue(one.Whose, out var points))
                    curves[one.Whose] = points = [];
                points.Add(new CurvePoint(x, one.Value));
            }
        }

        return [.. curves.Select(curve => new Curve(curve.Key, curve.Value))];
    }

    /// <summary>How an axis is called.</summary>
    public static string NameOf(Across across) => across == Across.Rounds ? "round" : "seconds";

    /// <summary>Each round with its place on the x axis.</summary>
    public static IEnumerable<(double X, RoundRecord Round)> Along(IEnumerable<RoundRecord> rounds, Across across)
    {
        double seconds = 0;
        foreach (var round in rounds)
        {
            seconds += round.Seconds;
            yield return (across == Across.Rounds ? round.Round : seconds, round);
        }
    }
}
