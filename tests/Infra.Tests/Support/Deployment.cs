using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace FlDurable.Infra.Tests.Support;

/// <summary>The resources that a deployment would make.</summary>
internal sealed partial class Deployment(JsonArray resources)
{
    public const string Subscription = "00000000-0000-0000-0000-000000000001";

    public const string Nothing = "nothing";

    private const string RoleAssignment = "Microsoft.Authorization/roleAssignments";

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

    /// <summary>
    /// All resources but roles, one a line: type and name. What a deployment's names end in, so that they are Azure's only ones, is TOKEN;
    /// a storage service's domain, which differs from cloud to cloud, is STORAGE before the service; a name that is a GUID is GUID.
    /// </summary>
    public string Resources()
    {
        var token = Says("Microsoft.Storage/storageAccounts", "name")["fldurable".Length..];
        return string.Join("\n", resources
            .Where(resource => (string)resource!["type"]! != RoleAssignment)
            .Select(resource => $"{((string)resource!["type"]!)["Microsoft.".Length..]} {InAnyCloud((string)resource["name"]!)}")
            .Select(line => line.Replace(token, "TOKEN", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal));
    }

    /// <summary>Every string that a resource says, by the path to it, in which a place in a list is <c>*</c>.</summary>
    public IEnumerable<(string Type, string Path, string Value)> Strings() =>
        resources.SelectMany(resource => Strings(resource!, "").Select(found => ((string)resource!["type"]!, found.Path, found.Value)));

    /// <summary>The roles that are given, one a line: whose, which, on what.</summary>
    public string Roles() => string.Join("\n", All(RoleAssignment).Select(role =>
    {
        var identity = ((string)role["properties"]!["principalId"]!).Split("userAssignedIdentities/")[^1].Split('\'')[0];
        var scope = ((string)role["id"]!).Split("/providers/Microsoft.Authorization/roleAssignments/")[0].Split('/');
        return $"{identity}: {BuiltInRoles.Name((string)role["properties"]!["roleDefinitionId"]!)} on {scope[^2]}/{scope[^1]}";
    }).Order(StringComparer.Ordinal));

    private static IEnumerable<(string Path, string Value)> Strings(JsonNode? node, string path) => node switch
    {
        JsonObject fields => fields.SelectMany(field => Strings(field.Value, path.Length == 0 ? field.Key : $"{path}.{field.Key}")),
        JsonArray list => list.SelectMany(item => Strings(item, $"{path}.*")),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => [(path, (string)value!)],
        _ => [],
    };

    private static string InAnyCloud(string name) => StorageDomain().Match(name) is { Success: true, Groups: var groups }
        ? $"privatelink.STORAGE.{groups[1]}{(groups[2].Success ? "/" : "")}{groups[2]}"
        : Guid.TryParse(name, out _) ? "GUID" : name;

    // A zone of a storage service, and a link of one, which has its name after a slash.
    [GeneratedRegex(@"^\[(?:format\('\{0\}/\{1\}', )?format\('privatelink\.\{0\}\.\{1\}', '(\w+)', environment\(\)\.suffixes\.storage\)(?:, '([^']+)'\))?\]$")]
    private static partial Regex StorageDomain();

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
