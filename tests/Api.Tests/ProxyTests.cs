using System.Net;
using System.Security.Cryptography;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>Where callers see a host that a proxy stands before.</summary>
public sealed class ProxyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Behind_nginx_as_the_docs_show_it_every_path_that_is_answered_leads_on()
    {
        Assert.SkipUnless(Nginx.Program is not null, "nginx is not installed: apt-get install nginx-light");
        await using var host = await ApiHost.StartAsync(trustedProxies: [IPNetwork.Parse("127.0.0.1/32")]);
        await using var nginx = await Nginx.StartAsync(host.Address);
        using var caller = new HttpClient { BaseAddress = nginx.Address };
        caller.DefaultRequestHeaders.Add(ApiDocument.KeyHeader, host.NewKey);

        await AssertAllPathsLeadOnAsync(host, caller, "/fl");
    }

    [Theory]
    [InlineData("/fl")]
    [InlineData("")]
    public async Task A_host_that_is_told_its_prefix_has_it_in_every_path_whether_it_is_asked_with_it_or_without(string asked)
    {
        await using var host = await ApiHost.StartAsync(prefix: "/fl");
        using var caller = new HttpClient(new ProxyAtPrefix(asked)) { BaseAddress = host.Address };
        caller.DefaultRequestHeaders.Add(ApiDocument.KeyHeader, host.NewKey);

        await AssertAllPathsLeadOnAsync(host, caller, "/fl");
    }

    [Fact]
    public async Task A_prefix_that_a_trusted_proxy_says_goes_before_the_hosts_own()
    {
        await using var host = await ApiHost.StartAsync(prefix: "/own", trustedProxies: [IPNetwork.Parse("127.0.0.0/8")]);

        Assert.Equal("/its", await ServerAsync(host, ("X-Forwarded-Prefix", "/its/")));
        Assert.Equal("/its", await ServerAsync(host, ("X-Forwarded-Prefix", "/a-callers, /its")));
        Assert.Equal("/own", await ServerAsync(host));
    }

    [Fact]
    public async Task What_anybody_else_says_of_forwarding_is_ignored_and_logged_once()
    {
        await using var host = await ApiHost.StartAsync(trustedProxies: [IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("::1/128")]);
        (string, string)[] forwarded = [("X-Forwarded-Prefix", "/fl"), ("X-Forwarded-Host", "elsewhere.example"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "192.0.2.7")];

        Assert.Equal("/", await ServerAsync(host, forwarded));
        Assert.Equal("/", await ServerAsync(host, forwarded));

        Assert.Single(host.Log.Split('\n'), line => line.Contains("are ignored", StringComparison.Ordinal));
        Assert.Contains("X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Prefix, X-Forwarded-Proto from 127.0.0.1 are ignored", host.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-Forwarded-Prefix", "//elsewhere.example")]
    [InlineData("X-Forwarded-Prefix", "https://elsewhere.example")]
    [InlineData("X-Forwarded-Prefix", "fl")]
    [InlineData("X-Forwarded-Prefix", "/a/../b")]
    [InlineData("X-Forwarded-Prefix", "/a\"b")]
    [InlineData("X-Forwarded-Host", "a/b")]
    [InlineData("X-Forwarded-Host", "a b")]
    [InlineData("X-Forwarded-Proto", "javascript")]
    [InlineData("X-Forwarded-For", "unknown")]
    public async Task Of_a_trusted_proxys_headers_none_is_taken_if_one_is_malformed(string header, string value)
    {
        await using var host = await ApiHost.StartAsync(trustedProxies: [IPNetwork.Parse("127.0.0.1/32")]);
        var others = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["X-Forwarded-Prefix"] = "/fl",
            ["X-Forwarded-Host"] = "localhost:8080",
            ["X-Forwarded-Proto"] = "https",
            ["X-Forwarded-For"] = "[2001:db8::1]:4711",
        };
        Assert.Equal("/fl", await ServerAsync(host, [.. others.Select(other => (other.Key, other.Value))]));
        others[header] = value;

        Assert.Equal("/", await ServerAsync(host, [.. others.Select(other => (other.Key, other.Value))]));
        Assert.Contains("since not all of them can be read", host.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", "localhost:8080", HttpStatusCode.OK)]
    [InlineData("127.0.0.1", "fl.example", HttpStatusCode.Forbidden)]
    [InlineData("203.0.113.7", "localhost:8080", HttpStatusCode.Forbidden)]
    [InlineData("unknown", "localhost:8080", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1", "a!b", HttpStatusCode.Forbidden)]
    [InlineData(null, "localhost:8080", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1", null, HttpStatusCode.OK)]
    public async Task A_host_without_keys_takes_from_a_trusted_proxy_what_is_from_here_alone(string? caller, string? address, HttpStatusCode expected)
    {
        await using var host = await ApiHost.StartAsync(needsKey: false, trustedProxies: [IPNetwork.Parse("127.0.0.1/32")]);
        List<(string, string)> headers = [];
        if (caller is not null)
            headers.Add(("X-Forwarded-For", caller));
        if (address is not null)
            headers.Add(("X-Forwarded-Host", address));

        using var answer = await SendAsync(host, "/api/federations", [.. headers]);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task A_host_without_keys_takes_nothing_that_a_proxy_passes_on_which_it_does_not_know()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);

        using var forwarded = await SendAsync(host, "/api/federations", ("X-Forwarded-For", "127.0.0.1"));
        using var own = await SendAsync(host, "/api/federations");

        await forwarded.ProblemAsync(HttpStatusCode.Forbidden);
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
    }

    [Theory]
    [InlineData("--path-base", "fl", "expected a path such as /fl")]
    [InlineData("--path-base", "//fl", "expected a path such as /fl")]
    [InlineData("--path-base", "/fl?", "expected a path such as /fl")]
    [InlineData("--trusted-proxies", "nginx", "expected IP addresses, or networks")]
    [InlineData("--trusted-proxies", "127.0.0.1,10.0.0.0/33", "got '10.0.0.0/33'")]
    public async Task What_is_no_prefix_or_proxy_is_refused(string option, string value, string expected)
    {
        using var folder = new TestFolder();

        var run = await CommandLine.RunAsync(Cancel, "serve", "--state", folder.Path, "--urls", "http://127.0.0.1:0", option, value);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"{option}: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    private static async Task AssertAllPathsLeadOnAsync(ApiHost host, HttpClient caller, string prefix)
    {
        using var body = new StringContent(ApiHost.Spec("forwarded").ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using var started = await caller.PostAsync(new Uri($"{prefix}/api/federations", UriKind.Relative), body, Cancel);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        Assert.Equal($"{prefix}/api/federations/forwarded", started.Headers.Location!.OriginalString);
        await host.WaitAsync("forwarded");

        using var over = await caller.GetAsync(started.Headers.Location, Cancel);
        var federation = await over.JsonAsync();
        var model = await caller.GetByteArrayAsync(new Uri((string)federation["model"]!["href"]!, UriKind.Relative), Cancel);
        Assert.Equal((string?)federation["model"]!["sha256"], Convert.ToHexStringLower(SHA256.HashData(model)));

        foreach (var (path, shown) in ((string, string)[])
            [("/", "dashboard"), ("/api/dashboard/", "dashboard"), ("/api/docs", "docs"), ("/api/docs/", "docs")])
        {
            using var page = await caller.GetAsync(new Uri($"{prefix}{path}", UriKind.Relative), Cancel);
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.Equal($"{prefix}/api/{shown}", page.RequestMessage!.RequestUri!.AbsolutePath);
            using var document = await caller.GetAsync(new Uri(page.RequestMessage.RequestUri, "openapi.json"), Cancel);
            Assert.Equal(prefix, (string?)(await document.JsonAsync())["servers"]!.AsArray().Single()!["url"]);
        }

        using var absent = await caller.GetAsync(new Uri($"{prefix}/api/nothing", UriKind.Relative), Cancel);
        Assert.Contains($"{prefix}/api/docs shows", (string)(await absent.JsonAsync())["detail"]!, StringComparison.Ordinal);
    }

    /// <summary>The server that the document names.</summary>
    private static async Task<string?> ServerAsync(ApiHost host, params (string Name, string Value)[] headers)
    {
        using var answer = await SendAsync(host, "/api/openapi.json", headers);
        return (string?)(await answer.JsonAsync())["servers"]!.AsArray().Single()!["url"];
    }

    private static async Task<HttpResponseMessage> SendAsync(ApiHost host, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await host.Client.SendAsync(request, Cancel);
    }

    /// <summary>A proxy at /fl that leaves that in what it asks for, or takes it out.</summary>
    private sealed class ProxyAtPrefix(string asked) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            while (true)
            {
                var seen = request.RequestUri!;
                Assert.StartsWith("/fl/", seen.AbsolutePath, StringComparison.Ordinal);
                request.RequestUri = new Uri(seen, asked + seen.AbsolutePath["/fl".Length..]);
                var answer = await base.SendAsync(request, cancellationToken);
                request.RequestUri = answer.StatusCode is HttpStatusCode.Redirect or HttpStatusCode.MovedPermanently ? new Uri(seen, answer.Headers.Location!) : seen;
                if (request.RequestUri == seen)
                    return answer;
                answer.Dispose();
            }
        }
    }
}
