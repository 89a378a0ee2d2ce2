using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FlDurable.FunctionApp.Hosting;
using FlDurable.FunctionApp.Surface.Host;
using FlDurable.FunctionApp.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlDurable.FunctionApp.Tests.OnTheSurface;

/// <summary>The whole app, as its Program makes it, on the surface; its artifacts lie in a folder.</summary>
internal sealed class AppHost : IAsyncDisposable
{
    private readonly IHost host;

    private AppHost(IHost host)
    {
        this.host = host;
        var address = host.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        Http = new HttpClient { BaseAddress = new Uri(address) };
    }

    public HttpClient Http { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<AppHost> StartAsync(TestFolder folder)
    {
        var builder = Program.CreateBuilder([
            "--urls=http://127.0.0.1:0", $"--{ArtifactsOfTheApp.Setting}=UseDevelopmentStorage=true", $"--{FunctionsHost.StateFolder}={folder["state"]}",
        ]);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IArtifactStore>(new FileArtifactStore(folder["artifacts"]));
        var host = builder.Build();
        await host.StartAsync(Cancel);
        return new AppHost(host);
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
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await host.StopAsync(CancellationToken.None);
        await ((IAsyncDisposable)host).DisposeAsync();
    }
}
