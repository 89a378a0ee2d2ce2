using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlDurable.Infra.Tests.Support;

namespace FlDurable.Infra.Tests;

/// <summary>The container to develop in: that it has what the manual asks for, and that it is no door into the machine around it.</summary>
public sealed partial class DevContainerTests
{
    private static readonly string File = Path.Combine(Repository.Root, ".devcontainer", "devcontainer.json");

    private static readonly string[] RightsOnTheMachine =
        ["privileged", "capAdd", "securityOpt", "runArgs", "mounts", "workspaceMount", "initializeCommand", "containerUser"];

    // What each rule is, when it holds, and a container for which it doesn't.
    private static readonly Dictionary<string, (Func<JsonObject, bool> Holds, Action<JsonObject> Break)> Rules = new()
    {
        ["its .NET is the one that the build asks for"] = (
            container => Image(container).Split('-').Contains(SdkVersion()),
            container => container["image"] = Image(container).Replace(SdkVersion(), "9.0", StringComparison.Ordinal)),
        ["its image comes from Microsoft's registry"] = (
            container => Image(container).StartsWith("mcr.microsoft.com/devcontainers/", StringComparison.Ordinal),
            container => container["image"] = "dotnet:2-10.0-noble"),
        ["its image is a version"] = (
            container => ImageVersion().IsMatch(Image(container)),
            container => container["image"] = Image(container).Replace(":2-", ":", StringComparison.Ordinal)),
        ["every feature is a version"] = (
            container => Features(container).All(feature => FeatureVersion().IsMatch(feature.Key)),
            container => Features(container)["ghcr.io/azure/azure-dev/azd:latest"] = new JsonObject()),
        ["it has Node.js in the version that CI has"] = (
            container => (string?)Features(container)["ghcr.io/devcontainers/features/node:1"]?["version"] == NodeVersion().Match(Workflows()).Groups[1].Value,
            container => Features(container)["ghcr.io/devcontainers/features/node:1"]!["version"] = "18"),
        ["it has the Azure Developer CLI"] = (
            container => Features(container).ContainsKey("ghcr.io/azure/azure-dev/azd:0"),
            container => Features(container).Remove("ghcr.io/azure/azure-dev/azd:0")),
        ["it has the Azure CLI with Bicep"] = (
            container => (bool?)Features(container)["ghcr.io/devcontainers/features/azure-cli:1"]?["installBicep"] == true,
            container => Features(container)["ghcr.io/devcontainers/features/azure-cli:1"]!["installBicep"] = false),
        ["it has Core Tools and Azurite in the versions that CI has"] = (
            container => Install((string?)container["onCreateCommand"]) is { Count: > 0 } tools && tools.SetEquals(Install(Workflows())),
            container => container["onCreateCommand"] = "npm install --global azurite@2 azure-functions-core-tools@4"),
        ["it restores the solution that there is"] = (
            container => (string?)container["updateContentCommand"] == "dotnet restore FlDurable.sln" && System.IO.File.Exists(Path.Combine(Repository.Root, "FlDurable.sln")),
            container => container["updateContentCommand"] = "dotnet restore FlDurable.slnx"),
        ["whoever works in it is not root"] = (
            container => (string?)container["remoteUser"] is { Length: > 0 } user && user != "root",
            container => container["remoteUser"] = "root"),
        ["it has no rights on the machine around it"] = (
            container => !RightsOnTheMachine.Any(container.ContainsKey),
            container => container["privileged"] = true),
        ["the API is forwarded, and the emulator isn't"] = (
            container => container["forwardPorts"]!.AsArray().Select(port => (int)port!).SequenceEqual([7071])
                && (string?)container["otherPortsAttributes"]?["onAutoForward"] == "ignore",
            container => container["forwardPorts"]!.AsArray().Add(10000)),
        ["no variable has a secret's name"] = (
            container => !Variables(container).Any(variable => SecretsName().IsMatch(variable.Key)),
            container => container["containerEnv"]!["AZURE_CLIENT_SECRET"] = "${localEnv:AZURE_CLIENT_SECRET}"),
        ["no tool reports its use"] = (
            container => new[] { "DOTNET_CLI_TELEMETRY_OPTOUT", "FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT" }.All(name => (string?)container["containerEnv"]?[name] == "1"),
            container => container["containerEnv"]!.AsObject().Remove("FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT")),
    };

    public static TheoryData<string> All() => [.. Rules.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public void The_container_keeps_the_rule(string rule) => Assert.True(Rules[rule].Holds(Container()), rule);

    [Theory]
    [MemberData(nameof(All))]
    public void A_container_that_does_not_is_found(string rule)
    {
        var container = Container();
        Rules[rule].Break(container);

        Assert.False(Rules[rule].Holds(container), rule);
    }

    private static JsonObject Container() => JsonNode.Parse(
        System.IO.File.ReadAllText(File), documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip })!.AsObject();

    private static string Image(JsonObject container) => (string)container["image"]!;

    private static JsonObject Features(JsonObject container) => container["features"]!.AsObject();

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Variables(JsonObject container) =>
        new[] { "containerEnv", "remoteEnv" }.SelectMany(name => container[name]?.AsObject() ?? []);

    private static string SdkVersion() =>
        string.Join('.', ((string)JsonNode.Parse(System.IO.File.ReadAllText(Path.Combine(Repository.Root, "global.json")))!["sdk"]!["version"]!).Split('.')[..2]);

    private static string Workflows() =>
        string.Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, ".github", "workflows")).Select(System.IO.File.ReadAllText));

    private static HashSet<string> Install(string? commands) =>
        [.. GlobalInstall().Matches(commands ?? "").SelectMany(match => match.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    [GeneratedRegex(@":\d+-\d+\.\d+-[a-z]+$")]
    private static partial Regex ImageVersion();

    [GeneratedRegex(@"^ghcr\.io/[a-z0-9/-]+:\d+$")]
    private static partial Regex FeatureVersion();

    [GeneratedRegex(@"node-version: (\d+)")]
    private static partial Regex NodeVersion();

    [GeneratedRegex(@"npm install --global((?: [a-z-]+@\d+)+)$", RegexOptions.Multiline)]
    private static partial Regex GlobalInstall();

    [GeneratedRegex("SECRET|KEY|PASSWORD|TOKEN|CONNECTION", RegexOptions.IgnoreCase)]
    private static partial Regex SecretsName();
}
