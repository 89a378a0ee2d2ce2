using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlDurable.Shared.Work;
using FlDurable.Worker.Tests.Support;

namespace FlDurable.Worker.Tests;

/// <summary>
/// What workers of earlier releases ask, as it was recorded (<c>Releases</c>, a request a line): this build serves it, and answers with nothing that they don't know, since what a worker doesn't know
/// is no answer to it. Whoever adds to an answer gives <c>WorkProtocol</c> another version, and the older workers what they know. With <c>FLDURABLE_RECORD=DIR</c> the answers' members are written
/// there anew.
/// </summary>
public sealed class ReleaseTests : IAsyncLifetime
{
    private const string RecordVariable = "FLDURABLE_RECORD";
    private const string Lease = "{lease}";
    private const string Sha256 = "{sha256}";

    private SiteHost host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await SiteHost.StartAsync();
        await host.AddSiteAsync("one");
        await host.AddToPoolAsync("gpu");
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Theory]
    [InlineData("site-protocol-1", "one", "work")] // of the first build that had workers, which asked without an id of the request
    [InlineData("site-protocol-1-request", "one", "work")]
    [InlineData("pool-protocol-1", "gpu", "pool")]
    [InlineData("site-protocol-2", "one", "work")] // these say what they can do, are given the order with the lease, and send the report with the update
    [InlineData("pool-protocol-2", "gpu", "pool")]
    public async Task What_its_workers_ask_is_served_and_answered_with_nothing_that_they_do_not_know(string recording, string whose, string below)
    {
        using var worker = host.Caller(whose);
        if (below == "work")
            await host.StartFederationAsync("fed", whose, ("rounds", 1), ("fractionEvaluate", 1));
        else
            await host.StartInPoolAsync("fed", [], ("rounds", 1), ("cohortSize", 1));
        var (lease, update) = ("", Array.Empty<byte>());
        var answered = new List<string>();
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "Releases", $"{recording}.jsonl"), Cancel))
        {
            var request = JsonNode.Parse(line)!.AsObject();
            using var sent = new HttpRequestMessage(HttpMethod.Parse((string)request["method"]!), new Uri($"/api/{below}/{Filled((string)request["path"]!)}", UriKind.Relative))
            {
                Content = (string?)request["content"] == "update" ? new ByteArrayContent(update) : request["body"] is { } body ? new StringContent(Filled(body.ToJsonString()), Encoding.UTF8, "application/json") : null,
            };
            if (request["report"] is { } report)
                sent.Headers.Add(WorkProtocol.ReportHeader, Convert.ToBase64String(Encoding.UTF8.GetBytes(Filled(report.ToJsonString()))));
            using var answer = await worker.SendAsync(sent, Cancel);
            var content = await answer.Content.ReadAsByteArrayAsync(Cancel);

            Assert.True((int)answer.StatusCode == (int)request["status"]!, $"{line}: {(int)answer.StatusCode} {Encoding.UTF8.GetString(content)}");
            if (answer.Content.Headers.ContentType?.MediaType == "application/json")
            {
                var json = JsonNode.Parse(content)!;
                lease = (string?)json["lease"] ?? lease;
                var members = MembersOf(json, "").Distinct().Order(StringComparer.Ordinal).ToList();
                if (Environment.GetEnvironmentVariable(RecordVariable) is null)
                    Assert.Empty(members.Except(request["members"]!.AsArray().Select(member => (string)member!)));
                request["members"] = new JsonArray([.. members.Select(member => JsonValue.Create(member))]);
            }
            else if (content.Length > 0)
            {
                update = content; // the parameters are a good update of themselves
            }

            answered.Add(request.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        }

        if (Environment.GetEnvironmentVariable(RecordVariable) is { } folder)
            await File.WriteAllLinesAsync(Path.Combine(folder, $"{recording}.jsonl"), answered, Cancel);

        string Filled(string text) => text.Replace(Lease, lease, StringComparison.Ordinal).Replace(Sha256, Convert.ToHexStringLower(SHA256.HashData(update)), StringComparison.Ordinal);
    }

    private static IEnumerable<string> MembersOf(JsonNode? node, string path) => node switch
    {
        JsonObject members => members.SelectMany(member => MembersOf(member.Value, $"{path}.{member.Key}").Prepend($"{path}.{member.Key}")),
        JsonArray items => items.SelectMany(item => MembersOf(item, $"{path}[]")),
        _ => [],
    };
}
