using System.Net;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>Every field of a spec with everything that can be wrong with it.</summary>
public sealed class SpecFieldTests(SharedHost shared)
{
    private readonly ApiHost host = shared.Host;

    public static TheoryData<string> Fields => [.. SpecFields.All];

    public static TheoryData<string> Numbers => [.. SpecFields.All.Where(SpecFields.IsNumber)];

    public static TheoryData<string> Texts => [.. SpecFields.All.Where(SpecFields.IsText)];

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_field_that_is_missing_has_its_default(string field)
    {
        var spec = SpecFields.Valid();
        spec.Remove(field);

        await AssertStartsAsync(spec.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public Task Null_is_as_if_a_field_was_not_given(string field) => AssertStartsAsync(With(field, "null"));

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_field_of_the_wrong_type_is_named(string field)
    {
        var isText = SpecFields.IsText(field);
        var list = SpecFields.IsSchedule(field) ? "{}" : "[1]"; // a list of numbers is a schedule
        foreach (var value in (string[])[isText ? "5" : "\"5\"", isText ? "true" : "\"true\"", "[]", list, "{}", """{"a":1}"""])
            await AssertNamedAsync(field, value);
        if (SpecFields.IsNumber(field))
            await AssertNamedAsync(field, "true");
        if (SpecFields.TypeOf(field) == typeof(bool))
            await AssertNamedAsync(field, "1");
        if (SpecFields.TypeOf(field) == typeof(int))
            await AssertNamedAsync(field, "1.5");
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task A_number_below_or_above_what_the_schema_has_is_named(string field)
    {
        var schema = await SchemaAsync();
        await AssertNamedAsync(field, SpecFields.Outside(schema, field, below: true)!);
        await AssertNamedAsync(field, "-1e300");
        if (SpecFields.Outside(schema, field, below: false) is { } above)
            await AssertNamedAsync(field, above);
        else
            Assert.Equal("maxUpdateNorm", field);
        await AssertNamedAsync(field, "1e999");
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task A_text_that_is_empty_or_no_word_that_is_known_is_named(string field)
    {
        await AssertNamedAsync(field, "\"\"");
        await AssertNamedAsync(field, "\"No Such\"");
        await AssertNamedAsync(field, "\"/etc/passwd\"");
        await AssertNamedAsync(field, "\"a\\u0000b\"");
        await AssertNamedAsync(field, "\"\\ud800\"");
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task Not_a_number_is_named_as_a_token_and_as_a_text(string field)
    {
        foreach (var value in (string[])["NaN", "\"NaN\"", "Infinity", "-Infinity", "\"-Infinity\""])
            await AssertNamedAsync(field, value);
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_field_that_is_too_long_is_named(string field)
    {
        await AssertNamedAsync(field, $"\"{new string('a', 5_000)}\"");
        await AssertNamedAsync(field, new string('9', 5_000));
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task An_unknown_sibling_is_named(string field)
    {
        var spec = SpecFields.Valid();
        spec[$"{field}x"] = 1;
        spec[field.ToUpperInvariant()] = 1;

        using var answer = await host.StartAsync(spec);

        Assert.Equal(
            [field.ToUpperInvariant(), $"{field}x"],
            (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_field_that_is_given_twice_is_named(string field)
    {
        var json = SpecFields.Valid().ToJsonString();
        var value = SpecFields.Valid()[field]?.ToJsonString() ?? "null";
        var twice = $"{json[..^1]},\"{field}\":{value}{(json.Contains($"\"{field}\"", StringComparison.Ordinal) ? "" : $",\"{field}\":{value}")}}}";

        using var answer = await host.PostAsync("/api/federations", twice);

        Assert.Equal([field], (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
    }

    [Fact]
    public async Task Every_bad_field_is_named_at_once()
    {
        using var answer = await host.PostAsync("/api/federations", """
            {"id":"No Id","data":"/etc/passwd","initial":"x.safetensors","clients":"3","rounds":0,"learningRate":-1,"extra":1,"network":7}
            """);

        Assert.Equal(
            ["clients", "data", "extra", "id", "initial", "learningRate", "network", "rounds"],
            (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("synthetic:train=0", "train is '0'")]
    [InlineData("synthetic:images=5", "unknown parameter 'images'")]
    [InlineData("cifar10:/data/cifar", "takes no names of files")]
    [InlineData("images:/data/pictures", "takes no names of files")]
    [InlineData("../pictures", "takes no names of files")]
    public async Task Data_that_the_host_does_not_make_or_download_is_refused(string data, string reason)
    {
        using var answer = await host.StartAsync(ApiHost.Spec("data", ("data", data)));

        var errors = await answer.ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Contains(reason, errors["data"]![0]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_of_unknown_fields_is_not_answered_with_a_flood()
    {
        var fields = string.Join(',', Enumerable.Range(0, 20_000).Select(number => $"\"unknown-{number}\":1"));

        using var answer = await host.PostAsync("/api/federations", $"{{{fields}}}");

        var errors = await answer.ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal("and 19900 more", errors["$"]![0]!.GetValue<string>());
        Assert.InRange((await answer.BytesAsync()).Length, 1, 100_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"{}\"")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{\"\\ud800\":1}")]
    public async Task A_body_that_is_no_JSON_object_is_refused(string body)
    {
        using var answer = await host.PostAsync("/api/federations", body);

        Assert.Equal(["$"], (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
    }

    private static string With(string field, string value)
    {
        var spec = SpecFields.Valid();
        spec.Remove(field);
        var json = spec.ToJsonString();
        return $"{json[..^1]},\"{field}\":{value}}}";
    }

    private async Task<JsonNode> SchemaAsync()
    {
        using var answer = await host.GetAsync("/api/openapi.json");
        return (await answer.JsonAsync())["components"]!["schemas"]!["StartRequest"]!["properties"]!;
    }

    private async Task AssertNamedAsync(string field, string value)
    {
        using var answer = await host.PostAsync("/api/federations", With(field, value));

        var errors = await answer.ProblemAsync(HttpStatusCode.BadRequest);
        Assert.True(errors.ContainsKey(field), $"{field}: {value}: {errors.ToJsonString()}");
    }

    private async Task AssertStartsAsync(string spec)
    {
        using var answer = await host.PostAsync("/api/federations", spec);

        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var ended = await host.PostAsync($"{answer.Headers.Location!.OriginalString}/terminate");
        Assert.Equal(HttpStatusCode.Accepted, ended.StatusCode);
    }
}
