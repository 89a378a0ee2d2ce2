using System.Collections;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlDurable.Api.Tests.Support;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests;

/// <summary>The OpenAPI document and its page.</summary>
public sealed partial class DocumentTests(SharedHost shared)
{
    private readonly ApiHost host = shared.Host;

    [Fact]
    public async Task The_document_is_OpenAPI_3_1_and_has_every_call()
    {
        var document = await DocumentAsync();

        Assert.StartsWith("3.1.", document["openapi"]!.GetValue<string>(), StringComparison.Ordinal);
        var calls = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(method => $"{method.Key} {path.Key}"));
        Assert.Equal(
            [
                "delete /api/federations/{id}", "get /api/federations", "get /api/federations/{id}", "get /api/federations/{id}/model",
                "get /api/federations/{id}/rounds/{round}", "get /api/federations/{id}/rounds/{round}/model", "post /api/federations",
                "post /api/federations/{id}/branch", "post /api/federations/{id}/resume", "post /api/federations/{id}/suspend",
                "post /api/federations/{id}/terminate",
            ],
            calls.Order(StringComparer.Ordinal));
        Assert.Equal("x-functions-key", document["components"]!["securitySchemes"]!["key"]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Everything_that_the_document_refers_to_is_in_it()
    {
        var document = await DocumentAsync();

        var references = Reference().Matches(document.ToJsonString()).Select(match => match.Groups[1].Value).Distinct().ToList();

        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.NotNull(reference.Split('/').Aggregate((JsonNode?)document, (node, part) => node?[part])));
    }

    [Fact]
    public async Task The_schemas_bounds_of_a_spec_are_those_that_are_checked()
    {
        var properties = (await DocumentAsync())["components"]!["schemas"]!["FederationSpec"]!["properties"]!.AsObject();

        Assert.Equal(SpecFields.All, properties.Select(field => field.Key));
        foreach (var (name, schema) in properties)
        {
            foreach (var bound in (string[])["minimum", "maximum"])
            {
                if (schema![bound] is { } value)
                    Check(name, value.ToJsonString());
            }

            foreach (var word in schema!["enum"]?.AsArray() ?? [])
                Check(name, word!.ToJsonString());
            if (schema["default"] is { } normal)
                Check(name, normal.ToJsonString());
        }

        // What one field has at its bound must be allowed by the others.
        void Check(string field, string value)
        {
            var others = """{"clients":1000000,"quorum":1,"minFitClients":1,"minEvaluateClients":1,"minAvailableClients":1,"optimizer":"sgd","cohortSize":1}""";
            var spec = JsonNode.Parse(others)!.AsObject();
            if (field == "clients")
                spec.Remove("clients");
            spec[field] = JsonNode.Parse(value);
            host.Services.GetRequiredService<SpecReader>().Read(Encoding.UTF8.GetBytes(spec.ToJsonString()));
        }
    }

    [Theory]
    [InlineData("id", "a", true)]
    [InlineData("id", "a-b-1", true)]
    [InlineData("id", "-a", false)]
    [InlineData("id", "A", false)]
    [InlineData("retention", "last:10", true)]
    [InlineData("retention", "every:010", true)]
    [InlineData("retention", "last:0", false)]
    [InlineData("retention", "none", false)]
    public async Task The_schemas_patterns_are_those_that_are_checked(string field, string value, bool isValid)
    {
        var schema = (await DocumentAsync())["components"]!["schemas"]!["FederationSpec"]!["properties"]![field]!;
        var spec = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { [field] = value });
        var error = Record.Exception(() => host.Services.GetRequiredService<SpecReader>().Read(spec));

        Assert.Equal(isValid, Regex.IsMatch(value, schema["pattern"]!.GetValue<string>(), RegexOptions.CultureInvariant));
        Assert.Equal(isValid, error is null);
    }

    [Fact]
    public async Task The_page_loads_nothing_but_the_document()
    {
        using var answer = await host.GetAsync("/api/docs");
        var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("openapi.json", page, StringComparison.Ordinal);
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
        Assert.Contains("connect-src 'self'", string.Join(' ', answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_that_could_not_be_made_is_made_when_it_is_asked_for_again()
    {
        var strategies = new StrategiesFromTheSecondLookOn();
        var registered = host.Services.GetServices<ISpecAlternatives>().Where(one => one.Field != strategies.Field);
        var description = new ApiDescription(new SpecTable(registered.Append(strategies)));
        strategies.Begin();

        Assert.Same(strategies.Failure, await Assert.ThrowsAsync<IOException>(description.AnswerAsync));
        await description.AnswerAsync();
        var looks = strategies.Looks;
        await description.AnswerAsync();
        Assert.Equal(looks, strategies.Looks);
    }

    [GeneratedRegex("\"\\$ref\":\"#/([^\"]+)\"")]
    private static partial Regex Reference();

    private async Task<JsonObject> DocumentAsync()
    {
        using var answer = await host.GetAsync("/api/openapi.json");
        return await answer.JsonAsync();
    }

    private sealed class StrategiesFromTheSecondLookOn : ISpecAlternatives, IReadOnlyList<SpecAlternative>
    {
        private readonly SpecAlternative[] strategies = [new("fedavg")];
        private bool hasBegun;

        public IOException Failure { get; } = new("not now");

        public int Looks { get; private set; }

        public string Field => "strategy";

        public IReadOnlyList<SpecAlternative> Alternatives => this;

        public int Count => strategies.Length;

        public SpecAlternative this[int index] => strategies[index];

        public void Begin() => hasBegun = true;

        public IEnumerator<SpecAlternative> GetEnumerator() =>
            !hasBegun || ++Looks > 1 ? strategies.AsEnumerable().GetEnumerator() : throw Failure;

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
