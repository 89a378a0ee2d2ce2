using System.Net;
using System.Runtime.Versioning;
using FlDurable.Api.Tests.Contract;
using FlDurable.Api.Tests.Support;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Serve;

namespace FlDurable.Api.Tests;

/// <summary>Who may call.</summary>
public sealed class AccessTests
{
    private static readonly string[] Calls =
    [
        "GET /api/federations", "POST /api/federations", "GET /api/federations/x", "DELETE /api/federations/x", "GET /api/federations/x/rounds/1",
        "GET /api/federations/x/model", "GET /api/federations/x/rounds/1/model", "POST /api/federations/x/terminate",
        "POST /api/federations/x/suspend", "POST /api/federations/x/resume", "POST /api/federations/x/branch", "GET /api/nothing", "PUT /api/federations",
    ];

    [Fact]
    public async Task Without_the_key_only_the_document_and_its_page_are_served()
    {
        await using var host = await ApiHost.StartAsync();
        foreach (var call in Calls)
        {
            foreach (var keys in (string[][])[[], [""], ["x"], [host.NewKey![..^1]], [host.NewKey + "0"], [host.NewKey.ToUpperInvariant()], [host.NewKey, host.NewKey]])
            {
                using var refused = await SendAsync(host, call, keys);
                await refused.ProblemAsync(HttpStatusCode.Unauthorized);
                Assert.NotEmpty(refused.Headers.WwwAuthenticate);
                Assert.Contains("in the header x-functions-key", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            }

            using var allowed = await SendAsync(host, call, host.NewKey!);
            Assert.NotEqual(HttpStatusCode.Unauthorized, allowed.StatusCode);
        }

        foreach (var open in (string[])["GET /api/openapi.json", "GET /api/docs", "GET /api/dashboard"])
        {
            using var answer = await SendAsync(host, open);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_key_is_made_once_for_its_owner_alone_and_never_logged()
    {
        using var folder = new TestFolder();
        string key;
        await using (var first = await ApiHost.StartAsync(folder: folder.Path))
        {
            key = first.NewKey!;
            using var answer = await SendAsync(first, "GET /api/federations", key, "wrong");
            Assert.Contains("/api/federations", first.Log, StringComparison.Ordinal);
            Assert.DoesNotContain(key, first.Log, StringComparison.Ordinal);
        }

        await using var second = await ApiHost.StartAsync(folder: folder.Path);
        using var found = await SendAsync(second, "GET /api/federations", key);

        Assert.Null(second.NewKey);
        Assert.Equal(HttpStatusCode.OK, found.StatusCode);
        Assert.Matches("^[0-9a-f]{64}$", key);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(ApiKey.PathIn(second.StateFolder)));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_key_that_others_can_read_is_not_used()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "files have no mode there");
        using var folder = new TestFolder();
        ApiKey.Open(folder.Path, out _);
        File.SetUnixFileMode(ApiKey.PathIn(folder.Path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var refused = Assert.Throws<UsageException>(() => ApiKey.Open(folder.Path, out _));

        Assert.Contains("can be read by others", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_is_made_where_no_state_folder_is_yet()
    {
        using var folder = new TestFolder();
        var notYet = Path.Combine(folder.Path, "not", "yet");
        ApiKey.Open(notYet, out var made);
        Assert.NotNull(made);
        Assert.True(ApiKey.Open(notYet, out _).Is(made));
    }

    [Theory]
    [InlineData("")]
    [InlineData("short\n")]
    public void A_file_that_holds_no_key_is_not_taken_for_one(string content)
    {
        using var folder = new TestFolder();
        ApiKey.Open(folder.Path, out _);
        File.WriteAllText(ApiKey.PathIn(folder.Path), content);

        Assert.Throws<UsageException>(() => ApiKey.Open(folder.Path, out _));
    }

    [Fact]
    public async Task Without_keys_a_page_of_another_site_in_this_machines_browser_is_kept_out()
    {
        await using var server = await ApiHost.StartAsync(needsKey: false);
        var port = server.Address.Port;

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host: null, origin: null));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"localhost:{port}", $"http://localhost:{port}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"[::1]:{port}", origin: null));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync("evil.example", origin: null));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync($"localhost.evil.example:{port}", origin: null));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(host: null, "http://evil.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(host: null, "null"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(host: null, $"http://127.0.0.1:{port + 1}"));

        async Task<HttpStatusCode> StatusAsync(string? host, string? origin)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/api/federations", UriKind.Relative));
            request.Headers.Host = host;
            if (origin is not null)
                request.Headers.Add("Origin", origin);
            using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(ApiHost host, string call, params string[] keys)
    {
        using var client = new HttpClient(new ContractHandler(host.Address)) { BaseAddress = host.Address };
        using var request = new HttpRequestMessage(HttpMethod.Parse(call.Split(' ')[0]), new Uri(call.Split(' ')[1], UriKind.Relative));
        request.Headers.TryAddWithoutValidation(ApiDocument.KeyHeader, keys);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
