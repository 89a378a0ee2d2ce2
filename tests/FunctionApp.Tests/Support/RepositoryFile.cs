using System.Text.Json.Nodes;

namespace FlDurable.FunctionApp.Tests.Support;

/// <summary>Files of the repository that go with the app.</summary>
internal static class RepositoryFile
{
    public static string Text(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Repository", name));

    public static JsonNode Json(string name) => JsonNode.Parse(Text(name))!;
}
