using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>An execution hands its state on to the next; only the last one's return value counts.</summary>
internal sealed class ContinueAsNew : ConformanceCase
{
    private static readonly OrchestratorDescriptor<State, int> Main = new("ContinueAsNewMain");
    private static readonly ActivityDescriptor<State, int> Add = new("ContinueAsNewAdd");

    public override void AddTo(IServiceCollection services) => services
        .AddActivityFunc(Add, (state, _) => Task.FromResult(state.Sum + state.Round))
        .AddOrchestratorFunc(Main, async (context, state) =>
        {
            var sum = await context.CallActivityAsync(Add, state);
            if (state.Round < 10)
                context.ContinueAsNew(new State(state.Round + 1, sum));
            return sum;
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, new State(1, 0), id);
        await ExpectOutputAsync(host, id, 55);
    }

    internal sealed record State(int Round, int Sum);
}
