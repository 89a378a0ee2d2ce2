using System.Text.Json.Nodes;

namespace FlDurable.Infra.Tests.Support;

/// <summary>The Function app's host.json.</summary>
internal static class HostJson
{
    public static string TaskHub { get; } =
        (string)JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "host.json")))!["extensions"]!["durableTask"]!["hubName"]!;
}
