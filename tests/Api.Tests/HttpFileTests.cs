using System.Net;
using System.Text.RegularExpressions;
using FlDurable.Api.Tests.Contract;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>docs/api.http, sent as an editor sends it.</summary>
public sealed class HttpFileTests(SharedHost shared)
{
    private static readonly string Path = System.IO.Path.Combine(AppContext.BaseDirectory, "api.http");

    // A request may well be refused for the state that a federation is in.
    private static readonly HttpStatusCode[] Answered =
    [
        HttpStatusCode.OK, HttpStatusCode.Accepted, HttpStatusCode.NoContent, HttpStatusCode.PartialContent, HttpStatusCode.NotModified,
        HttpStatusCode.Conflict,
    ];

    private readonly ApiHost host = shared.Host;

    [Fact]
    public async Task Every_request_of_the_file_is_answered()
    {
        var id = $"http-{Guid.NewGuid().ToString("N")[..16]}";
        var sha256 = "";
        foreach (var title in HttpFile.Read(Path).Requests.Select(request => request.Title))
        {
            var file = HttpFile.Read(Path, ("host", host.Address.GetLeftPart(UriPartial.Authority)), ("key", host.NewKey!), ("id", id), ("sha256", sha256));
            if (sha256.Length == 0 && title.Contains("round's record", StringComparison.Ordinal)) // what comes from here on needs all rounds
            {
                sha256 = (await host.WaitAsync(id))["model"]!["sha256"]!.GetValue<string>();
                file = HttpFile.Read(Path, ("host", host.Address.GetLeftPart(UriPartial.Authority)), ("key", host.NewKey!), ("id", id), ("sha256", sha256));
            }

            using var message = file.Message(file.Requests.Single(request => request.Title == title));
            using var client = new HttpClient(new ContractHandler(host.Address));
            using var answer = await client.SendAsync(message, TestContext.Current.CancellationToken);

            var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            var expected = title.EndsWith(": 400", StringComparison.Ordinal) ? [HttpStatusCode.BadRequest]
                : title.EndsWith(": 304", StringComparison.Ordinal) ? [HttpStatusCode.NotModified]
                : Answered;
            Assert.True(expected.Contains(answer.StatusCode), $"{title}: {answer.StatusCode} {body}");
        }
    }

    [Fact]
    public async Task Every_call_of_the_API_is_in_the_file()
    {
        using var answer = await host.GetAsync("/api/openapi.json");
        var document = await answer.JsonAsync();
        var calls = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(call => (Method: call.Key, Path: path.Key)));

        var requests = HttpFile.Read(Path, ("host", "")).Requests;

        Assert.All(calls, call => Assert.Contains(requests, request => IsOf(request, call.Method, call.Path)));
    }

    private static bool IsOf(HttpFileRequest request, string method, string path) =>
        request.Method.Equals(method, StringComparison.OrdinalIgnoreCase)
        && Regex.IsMatch(request.Url, $"^{{{{host}}}}{Regex.Replace(path, @"\{\w+\}", "[^/?]+")}(\\?.*)?$", RegexOptions.CultureInvariant);
}
