using System.Text.Json.Nodes;

namespace FlDurable.Api;

/// <summary>What the document shows as an example: requests that can be sent as they are.</summary>
internal static class ApiExamples
{
    /// <summary>A federation's id.</summary>
    public const string Id = "first";

    /// <summary>A start.</summary>
    public static JsonNode Start => new JsonObject { ["id"] = Id, ["data"] = "synthetic:train=2000,test=400", ["clients"] = 10, ["rounds"] = 3 };

    /// <summary>A branch.</summary>
    public static JsonNode Branch => new JsonObject { ["id"] = "second", ["round"] = 1, ["learningRate"] = 0.0005 };
}
