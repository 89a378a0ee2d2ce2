using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlDurable.Infra.Tests.Support;

namespace FlDurable.Infra.Tests;

/// <summary>What whoever deploys sees.</summary>
public sealed partial class DocumentationTests(Bicep bicep)
{
    private static readonly string Infra = Path.Combine(Repository.Root, "infra");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Templates() =>
        [.. Directory.EnumerateFiles(Infra, "*.bicep", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Infra, file)).Order()];

    [Theory]
    [MemberData(nameof(Templates))]
    public async Task Every_parameter_and_every_field_says_what_it_is(string template)
    {
        var compiled = await bicep.CompileAsync(Path.Combine(Infra, template), Cancel);

        Assert.Empty(Fields(compiled["parameters"]).Concat((compiled["definitions"]?.AsObject() ?? []).SelectMany(type => Fields(type.Value!["properties"])))
            .Where(field => string.IsNullOrWhiteSpace((string?)field.Value!["metadata"]?["description"]) && !field.Key.StartsWith('_'))
            .Select(field => field.Key));
    }

    [Fact]
    public async Task The_settings_that_a_user_gives_are_in_the_manual()
    {
        var manual = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "azure.md"), Cancel);
        var compiled = await bicep.CompileAsync(Path.Combine(Infra, "main.bicep"), Cancel);

        Assert.All(Fields(compiled["parameters"]), parameter => Assert.Contains($"`{parameter.Key}`", manual, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_app_setting_is_in_the_manual()
    {
        var manual = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "azure.md"), Cancel);
        var deployment = await bicep.PredictAsync(Options.Full, Cancel);

        var settings = deployment.All("Microsoft.Web/sites/config").Single()["properties"]!.AsObject();
        Assert.All(settings, setting => Assert.Contains($"`{setting.Key}`", manual, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_link_within_the_manual_has_its_heading()
    {
        var manual = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "azure.md"), Cancel);

        // As GitHub makes them: lower case, letters, digits and dashes alone.
        var headings = Heading().Matches(manual)
            .Select(heading => NotInAnchor().Replace(heading.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-')).ToHashSet();
        var links = Link().Matches(manual).Select(link => link.Groups[1].Value).ToList();
        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.Contains(link, headings));
    }

    [Fact]
    public async Task The_build_that_prods_scheduler_needs_is_the_one_that_the_manual_deploys()
    {
        var manual = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "azure.md"), Cancel);
        var app = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "src", "FunctionApp", "FunctionApp.csproj"), Cancel);

        Assert.Contains("dotnet publish src/FunctionApp -c Release -p:DurableTaskScheduler=true", manual, StringComparison.Ordinal);
        Assert.Matches(@"Condition=""'\$\(DurableTaskScheduler\)' == 'true'"">\s+<PackageReference Include=""[\w.]+\.AzureManaged""", app);
    }

    [Fact]
    public async Task Azd_deploys_the_template_and_the_service_that_there_are()
    {
        var azd = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "azure.yaml"), Cancel);

        Assert.Contains("path: infra\n", azd, StringComparison.Ordinal);
        Assert.Contains("module: main.dev\n", azd, StringComparison.Ordinal);
        Assert.Contains("\n  functions:\n", azd, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Infra, "main.dev.bicepparam")));
    }

    private static JsonObject Fields(JsonNode? node) => node?.AsObject() ?? [];

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("[^a-z0-9 -]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"\]\(#([^)]+)\)")]
    private static partial Regex Link();
}
