using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FlDurable.Api;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Serve;
using FlDurable.Shared.Json;
using FlDurable.Shared.Work;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.Worker.Tests.Support;

/// <summary>A real server in a folder of its own, on a port that it keeps when it is started again, with sites.</summary>
internal sealed class SiteHost : IAsyncDisposable
{
    /// <summary>Turns a hang into a failure; nothing is expected to take as long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly TestFolder folder = new();
    private readonly Dictionary<string, string> keys = new(StringComparer.Ordinal);
    private readonly Action<IServiceCollection>? configure;
    private FederationServer? server;
    private string? adminKey;

    private SiteHost(Action<IServiceCollection>? configure) => this.configure = configure;

    public Uri Address { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>With the host's own key.</summary>
    public HttpClient Admin { get; } = new();

    /// <summary>What it has logged.</summary>
    public Lines Log { get; } = new();

    public string StateFolder => folder["state"];

    public IServiceProvider Services => server!.Services;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<SiteHost> StartAsync(Action<IServiceCollection>? configure = null)
    {
        var host = new SiteHost(configure);
        await host.StartServerAsync();
        return host;
    }

    public string InFolder(string name) => folder[name];

    public async Task StartServerAsync()
    {
        var request = new ServeRequest(
            new StateFolder(StateFolder, IsNamed: true), [new ListenAddress(IPAddress.Loopback, Address.Port)], Parallelism: 2, NeedsKey: true, ServerFiles: null, new LogSettings(LogLevel.Trace));
        server = await FederationServer.StartAsync(request, new Terminal(Log, Log, outputIsTerminal: false, errorIsTerminal: false), configure, Cancel);
        Address = new Uri(server.Urls.First());
        adminKey ??= server.NewKey;
        Admin.DefaultRequestHeaders.Remove(ApiDocument.KeyHeader);
        Admin.DefaultRequestHeaders.Add(ApiDocument.KeyHeader, adminKey);
    }

    public async Task StopServerAsync()
    {
        if (server is not null)
            await server.DisposeAsync();
        server = null;
    }

    /// <summary>Adds a site, and keeps its key in a file.</summary>
    public Task<string> AddSiteAsync(string site) => AddKeyAsync("/api/sites", site);

    /// <summary>Makes a key of the pool, and keeps it in a file.</summary>
    public Task<string> AddToPoolAsync(string name) => AddKeyAsync("/api/pool/keys", name);

    private async Task<string> AddKeyAsync(string path, string site)
    {
        var answer = await SendAsync(HttpMethod.Post, path, $$"""{"name": "{{site}}"}""");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var key = (await JsonAsync(answer))["key"]!.GetValue<string>();
        keys[site] = key;
        var file = KeyFile(site);
        await File.WriteAllTextAsync(file, key + "\n", Cancel);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return key;
    }

    public string KeyFile(string site) => folder[$"{site}.key"];

    /// <summary>A caller with a site's key.</summary>
    public HttpClient Caller(string site)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(WorkProtocol.Scheme, keys[site]);
        return client;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Address, path));
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await Admin.SendAsync(request, Cancel);
    }

    /// <summary>Starts a federation on sites.</summary>
    public Task StartFederationAsync(string id, string sites, params (string Field, JsonNode? Value)[] fields) =>
        StartAsync(new JsonObject { ["id"] = id, ["data"] = $"sites:{sites}", ["rounds"] = 2 }, fields);

    /// <summary>Starts a federation in the pool, on what <see cref="Simulation"/> simulates.</summary>
    public Task StartInPoolAsync(string id, JsonObject placement, params (string Field, JsonNode? Value)[] fields)
    {
        placement["kind"] = "pool";
        var spec = Simulation.Spec();
        (spec["id"], spec["rounds"], spec["placement"]) = (id, 2, placement);
        return StartAsync(spec, fields);
    }

    private async Task StartAsync(JsonObject spec, (string Field, JsonNode? Value)[] fields)
    {
        foreach (var (field, value) in fields)
            spec[field] = value;
        using var answer = await SendAsync(HttpMethod.Post, "/api/federations", spec.ToJsonString());
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Cancel));
    }

    /// <summary>Waits until a federation is over, or something else holds of it.</summary>
    public async Task<JsonObject> WaitAsync(string id, Func<JsonObject, bool>? until = null)
    {
        until ??= federation => federation["status"]!.GetValue<string>() is "completed" or "failed" or "terminated";
        using var patience = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(PollInterval);
        while (true)
        {
            using var answer = await SendAsync(HttpMethod.Get, $"/api/federations/{id}");
            var federation = await JsonAsync(answer);
            if (until(federation))
                return federation;
            Assert.False(patience.IsCancellationRequested, $"{federation.ToJsonString()}\n{Log}");
            await poll.WaitForNextTickAsync(Cancel);
        }
    }

    /// <summary>Waits until something holds.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> otherwise)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(PollInterval);
        while (!await holds())
        {
            Assert.False(patience.IsCancellationRequested, otherwise());
            await poll.WaitForNextTickAsync(Cancel);
        }
    }

    public async Task<JsonObject> RoundAsync(string id, int round)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"/api/federations/{id}/rounds/{round}");
        return await JsonAsync(answer);
    }

    /// <summary>The hashes of the parameters after every round.</summary>
    public static IReadOnlyList<string> Parameters(JsonObject federation) =>
        [.. federation["rounds"]!.AsArray().Select(round => round!["parametersSha256"]!.GetValue<string>())];

    public static async Task<JsonObject> JsonAsync(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!.AsObject();

    public static StringContent Body<T>(T content) => new(ContractJson.Serialize(content), Encoding.UTF8, "application/json");

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        await StopServerAsync();
        await Log.DisposeAsync();
        folder.Dispose();
    }
}
