using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>The time is the same in every replay, UTC, and does not go back.</summary>
internal sealed class DeterministicTime : ConformanceCase
{
    private static readonly OrchestratorDescriptor<int, bool> Main = new("DeterministicTimeMain");
    private static readonly ActivityDescriptor<DateTime, DateTime> Echo = new("DeterministicTimeEcho");

    public override void AddTo(IServiceCollection services) => services
        .AddActivityFunc(Echo, (time, _) => Task.FromResult(time))
        .AddOrchestratorFunc(Main, async (context, count) =>
        {
            var isRight = true;
            for (var index = 0; index < count; index++)
            {
                var now = context.CurrentUtcDateTime;
                var recorded = await context.CallActivityAsync(Echo, now);
                isRight &= now == recorded && now.Kind == DateTimeKind.Utc && context.CurrentUtcDateTime >= now;
            }

            return isRight;
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, 3, id);
        await ExpectOutputAsync(host, id, true);
    }
}
