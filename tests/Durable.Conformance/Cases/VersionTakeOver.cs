using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>
/// An instance of a version that the next takes over begins its execution anew, from its input, whatever it was in the middle of. Its child of
/// before is ended.
/// </summary>
internal sealed class VersionTakeOver : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("VersionTakeOverMain");
    private static readonly OrchestratorDescriptor<int, string> Child = new("VersionTakeOverChild");
    private static readonly ActivityDescriptor<int, int> Half = new("VersionTakeOverHalf");

    public override bool Restarts => true;

    public override void AddTo(IServiceCollection services) => services
        .AddActivityFunc(Half, (input, _) => Task.FromResult(input / 2))
        .AddOrchestrator<Top, int, string>(Main)
        .AddOrchestrator<Part, int, string>(Child);

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.RestartAsync(new("1"));
        await host.StartAsync(Main, 8, id);
        await WaitForStatusAsync(host, id, "waiting");
        await host.StartAsync(Main, 6, $"{id}-held");
        await WaitForStatusAsync(host, $"{id}-held", "waiting");
        await host.SuspendAsync($"{id}-held", "for now");

        await host.RestartAsync(new("2") { TakesOver = ["1"] });
        await ExpectOutputAsync(host, id, "2 run by 2 from 4: 2 run by 2");
        await host.WaitAsync($"{id}:1-child", child => child.RuntimeStatus == OrchestrationRuntimeStatus.Terminated);

        // What is held stays so.
        Expect((await host.OutcomeAsync($"{id}-held")).RuntimeStatus, OrchestrationRuntimeStatus.Suspended, $"status of '{id}-held'");
        await host.ResumeAsync($"{id}-held", "go on");
        await ExpectOutputAsync(host, $"{id}-held", "2 run by 2 from 3: 2 run by 2");
    }

    internal sealed class Top(OrchestrationVersion version) : IOrchestrator<int, string>
    {
        public async Task<string> RunAsync(IOrchestrationContext context, int input)
        {
            if (input > 4)
            {
                context.ContinueAsNew(await context.CallActivityAsync(Half, input));
                return "";
            }

            context.SetCustomStatus("waiting");
            var child = await context.CallSubOrchestratorAsync(Child, input, $"{context.InstanceId}:{context.Version}-child");
            return $"{context.Version} run by {version.Value} from {input}: {child}";
        }
    }

    internal sealed class Part(OrchestrationVersion version) : IOrchestrator<int, string>
    {
        public async Task<string> RunAsync(IOrchestrationContext context, int input)
        {
            if (version.Value == "1")
                await context.WaitForExternalEvent<int>("never");
            return $"{context.Version} run by {version.Value}";
        }
    }
}
