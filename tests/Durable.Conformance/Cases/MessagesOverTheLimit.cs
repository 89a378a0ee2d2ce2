using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>A message of just the limit passes; a larger one is refused where it is made, and what it was is said.</summary>
internal sealed class MessagesOverTheLimit : ConformanceCase
{
    // A JSON string has two quotes.
    private const int Longest = IOrchestrationContext.MaxMessageBytes - 2;

    private static readonly OrchestratorDescriptor<int, string> Main = new("MessagesOverTheLimitMain");
    private static readonly OrchestratorDescriptor<string, int> Child = new("MessagesOverTheLimitChild");
    private static readonly ActivityDescriptor<string, int> Measure = new("MessagesOverTheLimitMeasure");

    public override void AddTo(IServiceCollection services) => services
        .AddActivityFunc(Measure, (text, _) => Task.FromResult(text.Length))
        .AddOrchestratorFunc(Child, (_, text) => Task.FromResult(text.Length))
        .AddOrchestratorFunc(Main, async (context, length) =>
        {
            var text = new string('x', length);
            return string.Join(", ", new[]
            {
                await TryAsync(() => context.CallActivityAsync(Measure, text)),
                await TryAsync(() => context.CallSubOrchestratorAsync(Child, text, $"{context.InstanceId}-child")),
                await TryAsync(() =>
                {
                    context.SetCustomStatus(text);
                    return Task.FromResult(length);
                }),
            });
        });

    public override async Task RunAsync(IConformanceHost host, string id)
    {
        await host.StartAsync(Main, Longest, $"{id}-longest");
        await host.StartAsync(Main, Longest + 1, $"{id}-longer");
        await ExpectOutputAsync(host, $"{id}-longest", $"{Longest}, {Longest}, {Longest}");
        await ExpectOutputAsync(host, $"{id}-longer", "refused, refused, refused");
    }

    private static async Task<string> TryAsync(Func<Task<int>> call)
    {
        try
        {
            return $"{await call()}";
        }
        catch (MessageTooLargeException)
        {
            return "refused";
        }
    }
}
