using System.Text.Json;

namespace FlDurable.FunctionApp.Hosting;

/// <summary>What the Functions host puts before every route, which only the host itself is told.</summary>
internal static class RoutePrefix
{
    private const string Default = "api";

    /// <summary>The prefix in <c>host.json</c>, with a slash before it; empty if there is none.</summary>
    /// <param name="hostFile">The file; one that is not there is an empty one.</param>
    public static string Of(string hostFile)
    {
        if (!File.Exists(hostFile))
            return $"/{Default}";
        using var host = JsonDocument.Parse(File.ReadAllBytes(hostFile), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        var found = host.RootElement;
        foreach (var name in (string[])["extensions", "http", "routePrefix"])
        {
            if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(name, out found))
                return $"/{Default}";
        }

        return found.GetString()?.Trim('/') is { Length: > 0 } prefix ? $"/{prefix}" : "";
    }
}
