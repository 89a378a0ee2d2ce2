using System.Text.Json.Nodes;

namespace FlDurable.Bench.Workers;

/// <summary>Federations whose clients train nothing on 62,006 numbers.</summary>
internal static class BenchSpecs
{
    /// <summary>Rounds in which methods are compiled and connections made.</summary>
    public const int FirstRounds = 10;

    /// <summary>Rounds that are measured.</summary>
    public const int Rounds = 50;

    /// <summary>The data of a client, of a site or of the host's own.</summary>
    public const string Data = "synthetic:train=64,test=8";

    /// <summary>A federation without evaluation.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="data">Whose data: the host's, or sites'.</param>
    public static JsonObject Of(string id, string data = Data) => new()
    {
        ["id"] = id,
        ["data"] = data,
        ["network"] = "cifar10-cnn",
        ["engine"] = "no-op",
        ["rounds"] = FirstRounds + Rounds,
        ["fractionEvaluate"] = 0,
        ["centralEvaluation"] = false,
    };

    /// <summary>The one in the middle of what was measured.</summary>
    public static double Median(IReadOnlyList<double> rounds) => rounds.Skip(FirstRounds).Order().ElementAt((rounds.Count - FirstRounds) / 2);
}
