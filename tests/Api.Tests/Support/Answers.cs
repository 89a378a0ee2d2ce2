using System.Net;
using System.Text.Json.Nodes;

namespace FlDurable.Api.Tests.Support;

/// <summary>Reads answers.</summary>
internal static class Answers
{
    public static async Task<JsonObject> JsonAsync(this HttpResponseMessage answer) =>
        JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject();

    public static Task<byte[]> BytesAsync(this HttpResponseMessage answer) =>
        answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

    public static string Status(this JsonObject federation) => federation["status"]!.GetValue<string>();

    /// <summary>The hash of the parameters after every round.</summary>
    public static IEnumerable<string> Parameters(this JsonObject federation) =>
        federation["rounds"]!.AsArray().Select(round => round!["parametersSha256"]!.GetValue<string>());

    /// <summary>Checks that an answer is problem details of a status.</summary>
    /// <returns>The fields that it names.</returns>
    public static async Task<JsonObject> ProblemAsync(this HttpResponseMessage answer, HttpStatusCode status)
    {
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == answer.StatusCode, $"{answer.StatusCode}: {body}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(body)!.AsObject();
        Assert.Equal((int)status, problem["status"]!.GetValue<int>());
        Assert.NotEmpty(problem["title"]!.GetValue<string>());
        Assert.Contains(ProblemKind.All, kind => kind.Type == problem["type"]!.GetValue<string>());
        Assert.Equal((int)status == 500, problem.ContainsKey("traceId"));
        return problem["errors"]?.AsObject() ?? [];
    }
}
