using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json.Nodes;
using FlDurable.Api;
using FlDurable.Api.Tests.Contract;
using FlDurable.DurableTask.Adapters;
using FlDurable.DurableTask.Hubs;
using FlDurable.DurableTask.Tests.Support;
using FlDurable.FunctionApp.Hosting;
using FlDurable.FunctionApp.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Notifications;
using FlDurable.Shared.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlDurable.FunctionApp.Tests.OnAHub;

/// <summary>
/// The whole app, as its Program makes it. There is no Functions host to call it: its functions are run here when they are triggered, over
/// HTTP or by a task hub in memory. Keys are not asked for, as in Core Tools; artifacts lie in a folder.
/// </summary>
internal sealed class AppHost : IContractHost
{
    /// <summary>Who asks without a pause takes the in-memory hub's turn.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly IHost app;
    private readonly HubWorker worker;
    private readonly WebApplication web;

    private readonly QueueCalls? queues;

    private AppHost(IHost app, HubWorker worker, WebApplication web, string prefix, ConcurrentDictionary<string, bool> ran, QueueCalls? queues)
    {
        this.queues = queues;
        Ran = ran;
        this.app = app;
        this.worker = worker;
        this.web = web;
        var address = new Uri(web.Urls.Single());
        Http = new HttpClient(new ContractHandler(address, $"/{prefix}")) { BaseAddress = address };
    }

    public HttpClient Http { get; }

    HttpClient IContractHost.Client => Http;

    /// <summary>The names of the activity and orchestrator functions that have run.</summary>
    public ConcurrentDictionary<string, bool> Ran { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="folder">Where artifacts lie.</param>
    /// <param name="memory">The task hub; null for a new one.</param>
    /// <param name="prefix">The routes' prefix.</param>
    /// <param name="asANode">Whether the hub's own adapters run the work, as on a node of a cluster, in place of the app's functions.</param>
    /// <param name="storage">Where artifacts, and the queues of the pool, are in place of the folder; null for the folder, and no pool.</param>
    public static async Task<AppHost> StartAsync(
        TestFolder folder, RememberingMemory? memory = null, string prefix = "api", bool asANode = false, string? storage = null)
    {
        var builder = Program.CreateBuilder(
        [
            $"--{ArtifactsOfTheApp.Setting}={storage ?? "UseDevelopmentStorage=true"}", $"--{PoolOfTheApp.Setting}={storage}",
            $"--{NotificationSettings.SecretName}=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", $"--{NotificationSettings.NetworksName}=127.0.0.1/32",
        ]);
        builder.Logging.ClearProviders();
        if (storage is null)
            builder.Services.AddSingleton<IArtifactStore>(new FileArtifactStore(folder["artifacts"]));
        if (prefix != "api")
            builder.Services.AddSingleton(new FederationApiOptions { Paths = new FederationPaths($"/{prefix}") });
        var app = builder.Build();

        var hub = TaskHub.Of(memory ?? new RememberingMemory());
        var logs = app.Services.GetRequiredService<ILoggerFactory>();
        var ran = new ConcurrentDictionary<string, bool>();
        var client = new HubClient(hub);
        var work = asANode
            ? HubWork.Of(
                app.Services.GetServices<OrchestratorRegistration>(), app.Services.GetRequiredService<OrchestratorRunner>(),
                app.Services.GetServices<ActivityRegistration>(), app.Services.GetRequiredService<ActivityRunner>())
            : FunctionWork.Of(app.Services, client, name => ran[name] = true);
        var worker = new HubWorker(hub, app.Services.GetRequiredService<OrchestrationVersion>(), work, logs);
        await worker.StartAsync(Cancel);
        return new AppHost(
            app, worker, await ServeAsync(app.Services, client, prefix), prefix, ran,
            storage is null ? null : QueueCalls.Start(app.Services, client, storage, name => ran[name] = true));
    }

    public Task<HttpResponseMessage> PostAsync(object spec) => Http.PostAsJsonAsync("api/federations", spec, ContractJson.Options, Cancel);

    public async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Http.GetStringAsync(path, Cancel))!;

    /// <summary>Asks until a federation is over, and tells what it was.</summary>
    public async Task<JsonNode> WaitAsync(string id)
    {
        while (true)
        {
            var federation = await GetAsync($"api/federations/{id}");
            if ((string?)federation["status"] is "completed" or "failed" or "terminated")
                return federation;
            await Task.Delay(PollInterval, Cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (queues is not null)
            await queues.DisposeAsync();
        await web.DisposeAsync();
        await worker.DisposeAsync();
        await ((IAsyncDisposable)app).DisposeAsync();
    }

    private static async Task<WebApplication> ServeAsync(IServiceProvider app, DurableTaskClient client, string prefix)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddProblemDetails();
        var web = builder.Build();
        foreach (var (function, _, trigger) in FunctionMethod.TriggeredBy<HttpTriggerAttribute>())
        {
            var methods = trigger.Methods!.Select(method => method.ToUpperInvariant());
            web.MapMethods($"/{prefix}/{trigger.Route}", methods, async (HttpContext context) =>
            {
                context.RequestServices = app;
                return (IResult)(await function.InvokeAsync(app, parameter => Bind(parameter, context, client)))!;
            });
        }

        await web.StartAsync(Cancel);
        return web;
    }

    private static object? Bind(ParameterInfo parameter, HttpContext context, DurableTaskClient client) => parameter.ParameterType switch
    {
        var type when type == typeof(HttpRequest) => context.Request,
        var type when type == typeof(DurableTaskClient) => client,
        var type when type == typeof(CancellationToken) => context.RequestAborted,
        _ => context.Request.RouteValues[parameter.Name!],
    };
}
