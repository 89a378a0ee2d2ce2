using System.Security.Cryptography;
using System.Text.Json.Nodes;
using FlDurable.CrashingHost;
using FlDurable.Shared.Storage;

namespace FlDurable.Faults.Tests.Support;

/// <summary>
/// What a federation leaves: the SHA-256 of every artifact under <c>federations/</c>, where JSON is taken without the fields that are
/// named <c>seconds</c>, and the names of what is left under <c>updates/</c>.
/// </summary>
internal static class FederationOutcome
{
    private const string Seconds = "seconds";

    /// <summary>One line an artifact, sorted.</summary>
    public static string Read(string state)
    {
        var root = SmallFederation.Artifacts(state);
        var kept = Files(root, ArtifactNames.Federation(SmallFederation.Id)).Select(name => $"{name} {Digest(Path.Combine(root, name))}");
        var left = Files(root, ArtifactNames.Updates(SmallFederation.Id));
        return string.Join('\n', kept.Concat(left));
    }

    private static IEnumerable<string> Files(string root, string folder)
    {
        var path = Path.Combine(root, folder);
        return Directory.Exists(path)
            ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file)).Order(StringComparer.Ordinal)
            : [];
    }

    private static string Digest(string path) =>
        Convert.ToHexStringLower(SHA256.HashData(Path.GetExtension(path) == ".json" ? WithoutSeconds(path) : File.ReadAllBytes(path)));

    private static byte[] WithoutSeconds(string path)
    {
        var content = JsonNode.Parse(File.ReadAllBytes(path))!;
        RemoveSeconds(content);
        return System.Text.Encoding.UTF8.GetBytes(content.ToJsonString());
    }

    private static void RemoveSeconds(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                fields.Remove(Seconds);
                foreach (var (_, value) in fields)
                    RemoveSeconds(value);
                break;
            case JsonArray items:
                foreach (var item in items)
                    RemoveSeconds(item);
                break;
        }
    }
}
