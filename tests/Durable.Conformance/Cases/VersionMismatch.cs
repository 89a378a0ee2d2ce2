using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>
/// An instance that another version started is not replayed by this version's code: it goes on under its own, or waits for it, or fails.
/// </summary>
internal sealed class VersionMismatch : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("VersionMismatchMain");

    public override bool Restarts => true;

    public override void AddTo(IServiceCollection services) => services.AddOrchestrator<Code, int, string>(Main);

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.RestartAsync(new("1"));
        await host.StartAsync(Main, 0, $"{id}-old");
        await WaitForStatusAsync(host, $"{id}-old", "waiting");

        await host.RestartAsync(new("2"));
        await host.RaiseAsync($"{id}-old", "go", 0);
        await host.StartAsync(Main, 0, $"{id}-new");
        await host.RaiseAsync($"{id}-new", "go", 0);
        await ExpectOutputAsync(host, $"{id}-new", "2 run by 2");
        if ((await host.OutcomeAsync($"{id}-old")).ReadOutputAs<string>() is { } output)
            Expect(output, "1 run by 1", $"output of '{id}-old'");
    }

    internal sealed class Code(OrchestrationVersion version) : IOrchestrator<int, string>
    {
        public async Task<string> RunAsync(IOrchestrationContext context, int input)
        {
            context.SetCustomStatus("waiting");
            await context.WaitForExternalEvent<int>("go");
            return $"{context.Version} run by {version.Value}";
        }
    }
}
