using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Contract;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Serve;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.Api.Tests.Support;

/// <summary>The real server with its engine, on a port and in a folder of its own, called over HTTP.</summary>
public sealed class ApiHost : IContractHost
{
    /// <summary>Turns a hang into a failure; nothing is expected to take as long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly DirectoryInfo folder;
    private readonly bool ownsFolder;
    private readonly FederationServer server;
    private readonly ServerLog log;

    private ApiHost(DirectoryInfo folder, bool ownsFolder, FederationServer server, ServerLog log)
    {
        this.folder = folder;
        this.ownsFolder = ownsFolder;
        this.server = server;
        this.log = log;
        var address = new Uri(server.Urls.First());
        Client = new HttpClient(new ContractHandler(address)) { BaseAddress = address };
        if (server.NewKey is { } key)
            Client.DefaultRequestHeaders.Add(ApiDocument.KeyHeader, key);
    }

    public HttpClient Client { get; }

    public Uri Address => Client.BaseAddress!;

    public string StateFolder => Path.Combine(folder.FullName, "state");

    public string? NewKey => server.NewKey;

    public IServiceProvider Services => server.Services;

    /// <summary>What was logged so far.</summary>
    public string Log => log.ToString();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Starts a server on a folder of its own, or on another's.</summary>
    internal static async Task<ApiHost> StartAsync(
        Action<IServiceCollection>? configure = null, bool needsKey = true, string? serverFiles = null, string? folder = null,
        string? storage = null, ArtifactAccounts? accounts = null, string? prefix = null, IReadOnlyList<IPNetwork>? trustedProxies = null,
        bool isSimulation = false)
    {
        var place = folder is null ? Directory.CreateTempSubdirectory("fldurable-api-") : new DirectoryInfo(folder);
        var log = new ServerLog();
        var request = new ServeRequest(
            new StateFolder(Path.Combine(place.FullName, "state"), IsNamed: true)
            {
                Storage = storage is null ? null : new StorageConnection(storage, isNamed: true),
                Accounts = accounts ?? ArtifactAccounts.None,
            },
            [new ListenAddress(IPAddress.Loopback, 0)],
            Parallelism: 2, needsKey, serverFiles, new LogSettings(LogLevel.Trace))
        {
            Prefix = prefix,
            IsSimulation = isSimulation,
            TrustedProxies = trustedProxies ?? [],
        };
        var server = await FederationServer.StartAsync(
            request, new Terminal(log, log, outputIsTerminal: false, errorIsTerminal: false),
            services =>
            {
                SmallData.Configure(services);
                configure?.Invoke(services);
            },
            Cancel);
        return new ApiHost(place, ownsFolder: folder is null, server, log);
    }

    /// <summary>A small spec: three clients, two rounds.</summary>
    public static JsonObject Spec(string id, params (string Field, JsonNode? Value)[] fields)
    {
        var spec = new JsonObject { ["id"] = id, ["data"] = SmallData.Name, ["clients"] = 3, ["rounds"] = 2 };
        foreach (var (field, value) in fields)
            spec[field] = value;
        return spec;
    }

    public Task<HttpResponseMessage> GetAsync(string path) => Client.GetAsync(new Uri(path, UriKind.Relative), Cancel);

    public Task<HttpResponseMessage> DeleteAsync(string path) => Client.DeleteAsync(new Uri(path, UriKind.Relative), Cancel);

    public async Task<HttpResponseMessage> PostAsync(string path, string? json = null)
    {
        using var content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        return await Client.PostAsync(new Uri(path, UriKind.Relative), content, Cancel);
    }

    public Task<HttpResponseMessage> StartAsync(JsonObject spec) => PostAsync("/api/federations", spec.ToJsonString());

    /// <summary>Starts a federation and waits for its end.</summary>
    public async Task<JsonObject> FinishAsync(JsonObject spec)
    {
        using var started = await StartAsync(spec);
        Assert.True(started.StatusCode == HttpStatusCode.Accepted, $"{await started.Content.ReadAsStringAsync(Cancel)}\n{Log}");
        return await WaitAsync((await started.JsonAsync())["id"]!.GetValue<string>());
    }

    /// <summary>Asks for a federation until it is over, or something else holds.</summary>
    public async Task<JsonObject> WaitAsync(string id, Func<JsonObject, bool>? until = null)
    {
        until ??= federation => federation.Status() is "completed" or "failed" or "terminated";
        using var poll = new PeriodicTimer(PollInterval);
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            using var answer = await GetAsync($"/api/federations/{id}");
            var federation = await answer.JsonAsync();
            if (until(federation))
                return federation;
            Assert.False(patience.IsCancellationRequested, federation.ToJsonString());
            await poll.WaitForNextTickAsync(Cancel);
        }
    }

    /// <summary>Stops the server, as when its process is told to.</summary>
    public ValueTask StopAsync() => server.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await server.DisposeAsync();
        await log.DisposeAsync();
        if (ownsFolder)
            folder.Delete(recursive: true);
    }
}
