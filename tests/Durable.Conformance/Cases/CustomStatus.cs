using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>A custom status is seen while the instance runs, and the last one when it is over.</summary>
internal sealed class CustomStatus : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, int> Main = new("CustomStatusMain");

    public override void AddTo(IServiceCollection services) => services
        .AddOrchestratorFunc(Main, async (context, steps) =>
        {
            for (var step = 1; step <= steps; step++)
            {
                context.SetCustomStatus($"step {step}");
                await context.WaitForExternalEvent<int>("next");
            }

            return steps;
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 3, id);
        for (var step = 1; step <= 3; step++)
        {
            await WaitForStatusAsync(host, id, $"step {step}");
            await host.RaiseAsync(id, "next", step);
        }

        await ExpectOutputAsync(host, id, 3);
        Expect((await host.OutcomeAsync(id)).ReadCustomStatusAs<string>(), "step 3", $"custom status of '{id}'");
    }
}
