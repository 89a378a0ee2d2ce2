using System.Collections;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlDurable.Api.Tests.Support;
using FlDurable.Shared.Specs;
using Microsoft.AspNetCore.Http;
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
                "delete /api/datasets", "delete /api/federations", "delete /api/federations/{id}", "get /api/datasets", "get /api/federations", "get /api/federations/{id}", "get /api/federations/{id}/clients", "get /api/federations/{id}/division", "get /api/federations/{id}/model",
                "get /api/federations/{id}/rounds", "get /api/federations/{id}/rounds/{round}", "get /api/federations/{id}/rounds/{round}/model", "get /api/federations/{id}/rounds/{round}/parts/{part}", "head /api/federations/{id}/model",
                "head /api/federations/{id}/rounds/{round}/model", "post /api/federations",
                "post /api/federations/{id}/branch", "post /api/federations/{id}/resume", "post /api/federations/{id}/retry", "post /api/federations/{id}/suspend",
                "post /api/federations/{id}/terminate",
            ],
            calls.Order(StringComparer.Ordinal));
        Assert.Equal("x-functions-key", document["components"]!["securitySchemes"]!["key"]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_document_says_under_which_license_it_is_whom_to_ask_and_that_a_prefix_is_not_empty()
    {
        var document = await DocumentAsync();

        var info = document["info"]!;
        Assert.False(string.IsNullOrEmpty(info["license"]!["name"]!.GetValue<string>()));
        Assert.False(string.IsNullOrEmpty(info["contact"]!["name"]!.GetValue<string>()));
        foreach (var method in (string[])["get", "delete"])
        {
            var prefix = document["paths"]!["/api/federations"]![method]!["parameters"]!.AsArray().Single(parameter => parameter!["name"]?.GetValue<string>() == "idPrefix")!;
            Assert.Equal((1, 40), (prefix["schema"]!["minLength"]!.GetValue<int>(), prefix["schema"]!["maxLength"]!.GetValue<int>()));
        }
    }

    [Fact]
    public async Task Everything_that_the_document_refers_to_is_in_it()
    {
        var document = await DocumentAsync();

        var references = Reference().Matches(document.ToJsonString()).Select(match => match.Groups[1].Value).Distinct().ToList();

        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.NotNull(Resolve(document, reference)));
    }

    [Fact]
    public async Task The_schemas_bounds_of_a_spec_are_those_that_are_checked()
    {
        var properties = (await DocumentAsync())["components"]!["schemas"]!["FederationSpec"]!["properties"]!.AsObject();

        Assert.Equal(SpecFields.All, properties.Select(field => field.Key));
        var document = await DocumentAsync();
        foreach (var (name, property) in properties)
        {
            var schema = property!["$ref"] is { } reference ? Resolve(document, reference.GetValue<string>()) : property;
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
            var others = """{"data":"table:t.csv","clients":1000000,"quorum":1,"minFitClients":1,"minEvaluateClients":1,"minAvailableClients":1,"optimizer":"sgd","cohortSize":1,"metrics":"balancedAccuracy,calibrationError,macroF1,top5Accuracy"}""";
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
    [InlineData("retention", "last:999999999", true)]
    [InlineData("retention", "last:99999999999999999999", false)]
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
    public async Task Every_operation_says_how_it_can_fail_and_by_which_headers()
    {
        foreach (var operation in Operations(await DocumentAsync()))
        {
            var responses = operation["responses"]!.AsObject();
            Assert.All(
                (string[])["401", "500", "503", "default"],
                status => Assert.Equal("#/components/schemas/Problem", responses[status]!["content"]!["application/problem+json"]!["schema"]!["$ref"]!.GetValue<string>()));
            Assert.NotNull(responses["401"]!["headers"]!["WWW-Authenticate"]);
            Assert.NotNull(responses["503"]!["headers"]!["Retry-After"]);
            Assert.All(responses, response => Assert.NotEmpty(response.Value!["description"]!.GetValue<string>()));
            if (responses["202"] is { } accepted)
                Assert.NotNull(accepted["headers"]!["Location"]);
            if (responses["206"] is { } part)
                Assert.NotNull(part["headers"]!["Content-Range"]);
        }
    }

    [Fact]
    public async Task Every_parameter_and_body_has_a_type_a_description_and_an_example_and_every_answer_an_example_of_its_fields()
    {
        foreach (var operation in Operations(await DocumentAsync()))
        {
            foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
            {
                Assert.NotEmpty(parameter!["description"]!.GetValue<string>());
                Assert.NotNull(parameter["schema"]!["type"] ?? parameter["schema"]!["$ref"]);
                if (parameter["name"]!.GetValue<string>() != "continuationToken") // one is made by the page before
                    Assert.NotNull(parameter["example"]);
            }

            if (operation["requestBody"] is { } body)
                Assert.NotNull(body["content"]!["application/json"]!["example"]);

            foreach (var answer in operation["responses"]!.AsObject().Select(response => response.Value!["content"]?["application/json"]).OfType<JsonNode>())
            {
                var schema = Resolve(await DocumentAsync(), answer["schema"]!["$ref"]!.GetValue<string>())!;
                var fields = answer["example"]!.AsObject().Select(field => field.Key).ToList();
                Assert.All(fields, field => Assert.NotNull(schema["properties"]![field]));
                Assert.All(schema["required"]!.AsArray(), field => Assert.Contains(field!.GetValue<string>(), fields));
            }
        }
    }

    [Fact]
    public async Task No_type_is_doubled_by_null_and_every_enum_has_a_type()
    {
        var text = (await DocumentAsync()).ToJsonString();
        Assert.DoesNotContain("\"null\"", text, StringComparison.Ordinal);

        foreach (var schema in Schemas(await DocumentAsync()).Where(schema => schema.ContainsKey("enum")))
            Assert.Equal("string", schema["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task Words_to_choose_from_are_one_component_each_and_no_component_is_the_frameworks()
    {
        var components = (await DocumentAsync())["components"]!["schemas"]!.AsObject();

        var named = components.Where(component => component.Value!["enum"] is not null).Select(component => component.Value!).ToList();
        var all = Schemas(await DocumentAsync()).Where(schema => schema["enum"] is JsonArray { Count: > 1 }).ToList();
        Assert.Equal(named.Select(schema => schema.ToJsonString()).Order(StringComparer.Ordinal), all.Select(schema => schema.ToJsonString()).Order(StringComparer.Ordinal));
        foreach (var body in (string[])["FederationSpec", "StartRequest", "BranchRequest"])
            Assert.Equal("#/components/schemas/Optimizer", components[body]!["properties"]!["optimizer"]!["$ref"]!.GetValue<string>());
        Assert.DoesNotContain("IFormFile", components.Select(component => component.Key));
        Assert.All(
            Operations(await DocumentAsync()).Select(operation => operation["responses"]!["200"]?["content"]?["application/octet-stream"]).OfType<JsonNode>(),
            file => Assert.Equal(("string", "binary"), (file["schema"]!["type"]!.GetValue<string>(), file["schema"]!["format"]!.GetValue<string>())));
    }

    [Fact]
    public async Task Requests_have_no_field_that_is_never_taken_and_nothing_additional()
    {
        var schemas = (await DocumentAsync())["components"]!["schemas"]!;
        var (start, branch) = (schemas["StartRequest"]!, schemas["BranchRequest"]!);

        var taken = SpecFields.All.Where(field => field != "initial").ToList();
        Assert.Equal(taken, start["properties"]!.AsObject().Select(field => field.Key));
        Assert.Equal(taken.Prepend("round"), branch["properties"]!.AsObject().Select(field => field.Key));
        Assert.Equal("round", branch["required"]!.AsArray().Single()!.GetValue<string>());
        Assert.All((JsonNode[])[start, branch], body => Assert.False(body["additionalProperties"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task A_host_without_keys_says_so()
    {
        await using var open = await ApiHost.StartAsync(needsKey: false);
        using var answer = await open.GetAsync("/api/openapi.json");
        var document = await answer.JsonAsync();

        Assert.Null(document["security"]);
        Assert.All(Operations(document), operation => Assert.Null(operation["responses"]!["401"]));
        Assert.All(Operations(document), operation => Assert.NotNull(operation["responses"]!["403"]));
    }

    [Fact]
    public void Every_kind_of_problem_is_in_the_docs()
    {
        var docs = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "api.md"));

        Assert.All(ProblemKind.All, kind => Assert.Contains($"| `{kind.Type}` | {kind.Status} |", docs, StringComparison.Ordinal));
        Assert.Equal(ProblemKind.All.Count, ProblemKind.All.Select(kind => kind.Type).Distinct().Count());
    }

    [Theory]
    [InlineData("/api/docs")]
    [InlineData("/api/dashboard")]
    public async Task A_page_loads_nothing_but_what_the_host_answers_and_runs_nothing_but_its_own_script(string path)
    {
        using var answer = await host.GetAsync(path);
        var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("openapi.json", page, StringComparison.Ordinal);
        Assert.DoesNotContain("://", page.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal); // a namespace's name
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'; connect-src 'self'; script-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_that_could_not_be_made_is_made_when_it_is_asked_for_again()
    {
        var strategies = new StrategiesFromTheSecondLookOn();
        var registered = host.Services.GetServices<ISpecAlternatives>().Where(one => one.Field != strategies.Field);
        var description = new ApiDescription(new SpecTable(registered.Append(strategies)), new FederationApiOptions());
        var request = new DefaultHttpContext().Request;
        strategies.Begin();

        Assert.Same(strategies.Failure, await Assert.ThrowsAsync<IOException>(() => description.AnswerAsync(request)));
        await description.AnswerAsync(request);
        var looks = strategies.Looks;
        await description.AnswerAsync(request);
        Assert.Equal(looks, strategies.Looks);
    }

    [GeneratedRegex("\"\\$ref\":\"#/([^\"]+)\"")]
    private static partial Regex Reference();

    private static JsonNode? Resolve(JsonNode document, string reference) =>
        reference.TrimStart('#', '/').Split('/').Aggregate((JsonNode?)document, (node, part) => node?[part]);

    private static IEnumerable<JsonObject> Operations(JsonObject document) =>
        document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => operation.Value!.AsObject()));

    private static IEnumerable<JsonObject> Schemas(JsonNode? node) => node switch
    {
        JsonObject schema => schema.SelectMany(child => Schemas(child.Value)).Prepend(schema),
        JsonArray children => children.SelectMany(Schemas),
        _ => [],
    };

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
