using System.Collections.Concurrent;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.EmbeddedEngine.Tests.Programs;

/// <summary>Programs as orchestrations.</summary>
internal static class ProgramOrchestrators
{
    public static OrchestratorDescriptor<ProgramState, string> Root { get; } = new("Root");

    private static readonly OrchestratorDescriptor<Step, string> Child = new("Child");
    private static readonly ActivityDescriptor<ActivityStep, string> Act = new("Act");

    /// <param name="services">The host's services.</param>
    /// <param name="ran">Is told the id of each activity that ran.</param>
    public static void AddTo(IServiceCollection services, ConcurrentBag<int> ran) => services
        .AddActivityFunc(Act, (step, _) =>
        {
            ran.Add(step.Id);
            return step.FailedAttempts > 0 ? throw new InvalidOperationException($"f{step.Id}") : Task.FromResult($"a{step.Id}");
        })
        .AddOrchestratorFunc(Child, (context, step) => RunAsync(context, step))
        .AddOrchestratorFunc(Root, async (context, state) =>
        {
            var start = state.Start ?? context.CurrentUtcDateTime;
            var result = $"{state.Result}|{await RunAsync(context, state.Executions[state.Next])}";
            if (state.Next + 1 < state.Executions.Count)
                context.ContinueAsNew(state with { Next = state.Next + 1, Result = result, Start = start });
            return $"{result} in {(context.CurrentUtcDateTime - start).TotalSeconds} s";
        });

    private static async Task<string> RunAsync(IOrchestrationContext context, Step step)
    {
        switch (step)
        {
            case ActivityStep activity:
                return await context.CallActivityAsync(
                    Act, activity, new RetryPolicy(Math.Max(1, activity.FailedAttempts), TimeSpan.FromSeconds(1)));
            case TimerStep timer:
                await context.CreateTimer(context.CurrentUtcDateTime.AddSeconds(timer.Seconds), CancellationToken.None);
                return "t";
            case EventStep raised:
                return await context.WaitForExternalEvent<string>($"event-{raised.Id}");
            case ChildStep child:
                return $"[{await context.CallSubOrchestratorAsync(Child, child.Body, $"child-{child.Id}")}]";
            case SequenceStep sequence:
                var results = new List<string>();
                foreach (var each in sequence.Steps)
                    results.Add(await RunAsync(context, each));
                return $"({string.Join(' ', results)})";
            case ParallelStep parallel:
                return $"{{{string.Join(' ', await Task.WhenAll(parallel.Steps.Select(each => RunAsync(context, each))))}}}";
            case CatchStep caught:
                try
                {
                    return await RunAsync(context, caught.Body);
                }
                catch (TaskFailedException e)
                {
                    return $"caught<{e.Message}>";
                }

            case DeadlineStep deadline:
                using (var over = new CancellationTokenSource())
                {
                    var activity = context.CallActivityAsync(Act, new ActivityStep(deadline.Id, deadline.Fails ? 1 : 0));
                    var timer = context.CreateTimer(context.CurrentUtcDateTime.AddSeconds(deadline.Seconds), over.Token);
                    var first = await Task.WhenAny(activity, timer);
                    over.Cancel();
                    return first == activity ? await activity : "too late";
                }

            default:
                throw new ArgumentOutOfRangeException(nameof(step), step, "no known step");
        }
    }
}
