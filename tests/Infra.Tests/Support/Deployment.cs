using System.Globalization;
using System.Text.Json.Nodes;

namespace FlDurable.Infra.Tests.Support;

/// <summary>The resources that a deployment would make.</summary>
internal sealed class Deployment(JsonArray resources)
{
    public const string Subscription = "00000000-0000-0000-0000-000000000001";

    public const string Nothing = "nothing";

    /// <summary>Resources of a type, in the templates' order.</summary>
    public IReadOnlyList<JsonNode> All(string type) => [.. resources.Where(resource => (string)resource!["type"]! == type).Select(r => r!)];

    /// <summary>The names of a type's resources, without their parents'.</summary>
    public string Names(string type) => string.Join(", ", All(type).Select(resource => ((string)resource["name"]!).Split('/')[^1]));

    /// <summary>What the resources of a type say at a path, such as <c>properties.subnets.0.name</c>; each different answer once.</summary>
    public string Says(string type, string path)
    {
        var answers = All(type).Select(resource => At(resource, path)).Distinct().ToArray();
        return answers.Length == 0 ? Nothing : string.Join(" | ", answers);
    }

    /// <summary>What the one resource of a type and name says at a path.</summary>
    public string Says(string type, string name, string path) => All(type)
        .Where(resource => ((string)resource["name"]!).Split('/')[^1] == name)
        .Select(resource => At(resource, path)).SingleOrDefault() ?? Nothing;

    /// <summary>The roles that are given, one a line: whose, which, on what.</summary>
    public string Roles() => string.Join("\n", All("Microsoft.Authorization/roleAssignments").Select(role =>
    {
        var identity = ((string)role["properties"]!["principalId"]!).Split("userAssignedIdentities/")[^1].Split('\'')[0];
        var scope = ((string)role["id"]!).Split("/providers/Microsoft.Authorization/roleAssignments/")[0].Split('/');
        return $"{identity}: {BuiltInRoles.Name((string)role["properties"]!["roleDefinitionId"]!)} on {scope[^2]}/{scope[^1]}";
    }).Order(StringComparer.Ordinal));

    private static string At(JsonNode resource, string path)
    {
        JsonNode? node = resource;
        foreach (var step in path.Split('.'))
        {
            node = node is JsonArray list
                ? list.ElementAtOrDefault(int.Parse(step, CultureInfo.InvariantCulture))
                : node?[step];
        }

        return node?.ToString().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal) ?? Nothing;
    }
}
