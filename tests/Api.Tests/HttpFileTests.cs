using System.Globalization;
using System.Text.RegularExpressions;
using FlDurable.Api.Tests.Contract;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>docs/api.http, sent as an editor sends it.</summary>
public sealed partial class HttpFileTests(SharedHost shared)
{
    private static readonly string Path = System.IO.Path.Combine(AppContext.BaseDirectory, "api.http");

    private readonly ApiHost host = shared.Host;

    [Fact]
    public async Task The_requests_of_the_file_can_be_sent_in_order_and_are_answered_as_it_says()
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
            Assert.True(Expected(title).Contains((int)answer.StatusCode), $"{title}: {answer.StatusCode} {body}");
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

    /// <summary>What a title says up to where it speaks of another state than the federation is in; of one that says nothing, that it is done.</summary>
    private static IReadOnlyList<int> Expected(string title)
    {
        var said = title.StartsWith("Let one that has failed", StringComparison.Ordinal) ? title.Split(';')[1] : title.Split(';')[0];
        var statuses = Status().Matches(said).Select(match => int.Parse(match.Value, CultureInfo.InvariantCulture)).ToList();
        return statuses.Count > 0 ? statuses : [200];
    }

    [GeneratedRegex(@"(?<!-)\b[2-5][0-9]{2}\b")]
    private static partial Regex Status();

    private static bool IsOf(HttpFileRequest request, string method, string path) =>
        request.Method.Equals(method, StringComparison.OrdinalIgnoreCase)
        && Regex.IsMatch(request.Url, $"^{{{{host}}}}{Regex.Replace(path, @"\{\w+\}", "[^/?]+")}(\\?.*)?$", RegexOptions.CultureInvariant);
}
