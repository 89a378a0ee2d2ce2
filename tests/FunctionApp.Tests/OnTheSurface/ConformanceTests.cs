using System.Text.Json;
using FlDurable.Durable.Conformance;
using FlDurable.FunctionApp.Adapters;
using FlDurable.FunctionApp.Functions;
using FlDurable.FunctionApp.Hosting;
using FlDurable.FunctionApp.Surface.Host;
using FlDurable.FunctionApp.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.FunctionApp.Tests.OnTheSurface;

public sealed class ConformanceTests
{
    public static TheoryData<string> Cases => new(ConformanceSuite.Cases.Select(each => each.Name));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Durable_Functions_conforms_as_adapted(string name)
    {
        await using var host = await AdaptedHost.StartAsync();
        await ConformanceSuite.Cases.Single(each => each.Name == name).RunAsync(host, "instance");
    }

    /// <summary>The suite's orchestrators as functions, through the app's adapters, in virtual time.</summary>
    private sealed class AdaptedHost : IConformanceHost, IAsyncDisposable
    {
        // Turns a hang into a failure; nothing is expected to take as long.
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        private readonly TestFolder folder = new();
        private readonly FakeTimeProvider time = new();
        private ServiceProvider app = null!;
        private DurableHost durable = null!;

        private static CancellationToken Cancel => TestContext.Current.CancellationToken;

        private IFederationClient Client
        {
            get
            {
                app.GetRequiredService<CurrentDurableClient>().Use(durable.Client);
                return app.GetRequiredService<IFederationClient>();
            }
        }

        public static async Task<AdaptedHost> StartAsync()
        {
            var host = new AdaptedHost();
            await host.StartAsync("1");
            return host;
        }

        public async Task StartAsync<TInput, TOutput>(OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId) =>
            Assert.True(await Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, instanceId, Cancel));

        public Task RaiseAsync<T>(string instanceId, string eventName, T payload) => Client.RaiseEventAsync(instanceId, eventName, payload, Cancel);

        public Task TerminateAsync(string instanceId, string reason) => Client.TerminateInstanceAsync(instanceId, reason, Cancel);

        public async Task<OrchestrationMetadata> WaitAsync(string instanceId, Func<OrchestrationMetadata, bool> until)
        {
            while (true)
            {
                var next = await durable.AtRestAsync().WaitAsync(Patience, Cancel);
                var instance = await OutcomeAsync(instanceId);
                if (until(instance))
                    return instance;
                Assert.True(next is not null, $"'{instanceId}' is {instance.RuntimeStatus} and nothing will happen any more");
                time.SetUtcNow(next.Value);
            }
        }

        public async Task<OrchestrationMetadata> OutcomeAsync(string instanceId) =>
            await Client.GetInstanceAsync(instanceId, Cancel) ?? throw new KeyNotFoundException(instanceId);

        public async Task RestartAsync(string version)
        {
            await StopAsync();
            await StartAsync(version);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            folder.Dispose();
        }

        private async Task StopAsync()
        {
            await durable.DisposeAsync();
            await app.DisposeAsync();
        }

        private async Task StartAsync(string version)
        {
            app = new ServiceCollection().AddSingleton(new OrchestrationVersion(version)).AddCases().AddDurableFunctions().BuildServiceProvider();
            var options = new DurableHostOptions
            {
                StateFolder = folder.Path,
                Version = version,
                Worker = app.GetRequiredService<IOptions<WorkerOptions>>().Value,
                Time = time,
            };
            durable = await DurableHost.StartAsync(
                options, app.GetServices<OrchestratorRegistration>().Select(Function), app.GetServices<ActivityRegistration>().Select(Function), Cancel);
        }

        private OrchestratorFunction Function(OrchestratorRegistration orchestrator)
        {
            var descriptor = new OrchestratorDescriptor<JsonElement, JsonElement>(orchestrator.Name);
            return new OrchestratorFunction(
                orchestrator.Name, async context => await app.GetRequiredService<OrchestratorRunner>().RunAsync(descriptor, context));
        }

        private ActivityFunction Function(ActivityRegistration activity)
        {
            var descriptor = new ActivityDescriptor<JsonElement, JsonElement>(activity.Name);
            return new ActivityFunction(
                activity.Name, typeof(JsonElement),
                async (input, cancel) => await app.GetRequiredService<ActivityRunner>().RunAsync(descriptor, (JsonElement)input!, cancel));
        }
    }
}
