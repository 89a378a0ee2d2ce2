using FlDurable.Durable.Conformance;
using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class ConformanceTests
{
    public static TheoryData<string> Cases => new(ConformanceSuite.Cases.Select(each => each.Name));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_embedded_engine_conforms(string name)
    {
        await using var host = await EmbeddedHost.StartAsync(restartsBeforeEveryCall: false);
        await ConformanceSuite.Cases.Single(each => each.Name == name).RunAsync(host, "instance");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_embedded_engine_conforms_when_it_is_restarted_all_the_time(string name)
    {
        await using var host = await EmbeddedHost.StartAsync(restartsBeforeEveryCall: true);
        await ConformanceSuite.Cases.Single(each => each.Name == name).RunAsync(host, "instance");
    }

    private sealed class EmbeddedHost(bool restartsBeforeEveryCall) : IConformanceHost, IAsyncDisposable
    {
        private readonly TestFolder folder = new();
        private readonly FakeTimeProvider time = new();
        private OrchestrationVersion version = new("1");
        private TestEngine engine = null!;

        public static async Task<EmbeddedHost> StartAsync(bool restartsBeforeEveryCall)
        {
            var host = new EmbeddedHost(restartsBeforeEveryCall);
            await host.StartEngineAsync();
            return host;
        }

        public async Task StartAsync<TInput, TOutput>(OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId)
        {
            await BeforeCallAsync();
            await engine.ScheduleAsync(orchestrator, input, instanceId);
        }

        public async Task<bool> RestartFailedAsync<TInput, TOutput>(
            OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId, DateTimeOffset failedAt)
        {
            await BeforeCallAsync();
            return await engine.Client.RestartFailedInstanceAsync(orchestrator, input, instanceId, failedAt, TestContext.Current.CancellationToken);
        }

        public async Task RaiseAsync<T>(string instanceId, string eventName, T payload)
        {
            await BeforeCallAsync();
            await engine.RaiseAsync(instanceId, eventName, payload);
        }

        public async Task TerminateAsync(string instanceId, string reason)
        {
            await BeforeCallAsync();
            await engine.Client.TerminateInstanceAsync(instanceId, reason, TestContext.Current.CancellationToken);
        }

        public async Task SuspendAsync(string instanceId, string reason)
        {
            await BeforeCallAsync();
            await engine.Client.SuspendInstanceAsync(instanceId, reason, TestContext.Current.CancellationToken);
        }

        public async Task ResumeAsync(string instanceId, string reason)
        {
            await BeforeCallAsync();
            await engine.Client.ResumeInstanceAsync(instanceId, reason, TestContext.Current.CancellationToken);
        }

        public async Task<OrchestrationMetadata> WaitAsync(string instanceId, Func<OrchestrationMetadata, bool> until)
        {
            await BeforeCallAsync();
            return await engine.WaitAsync(instanceId, until);
        }

        public async Task<OrchestrationMetadata> OutcomeAsync(string instanceId)
        {
            await BeforeCallAsync();
            return await engine.GetAsync(instanceId);
        }

        public async Task RestartAsync(OrchestrationVersion version)
        {
            this.version = version;
            await engine.DisposeAsync();
            await StartEngineAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await engine.DisposeAsync();
            folder.Dispose();
        }

        private Task BeforeCallAsync() => restartsBeforeEveryCall ? RestartAsync(version) : Task.CompletedTask;

        private async Task StartEngineAsync() => engine = await TestEngine.StartAsync(
            folder, services => services.AddSingleton(version).AddCases(), time);
    }
}
