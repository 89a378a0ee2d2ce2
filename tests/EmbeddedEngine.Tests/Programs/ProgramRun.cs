using System.Collections.Concurrent;
using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.EmbeddedEngine.Tests.Programs;

/// <summary>Runs a program on engines that crash: whenever one has, the next goes on in the same state folder.</summary>
internal sealed class ProgramRun : IDisposable
{
    private const string Id = "root";

    // Each engine commits at least once before it crashes, and no program needs as many commits.
    private const int MostCrashes = 500;

    private readonly IReadOnlyList<Step> executions;
    private readonly Func<string, bool> crashesAt;
    private readonly TestFolder folder = new();
    private readonly FakeTimeProvider time = new();
    private readonly ConcurrentBag<int> ran = [];
    private int crashes;
    private readonly HashSet<(string Instance, int Event)> unraised;

    /// <param name="executions">The program.</param>
    /// <param name="crashesAt">Whether to crash at the crash point that was reached.</param>
    public ProgramRun(IReadOnlyList<Step> executions, Func<string, bool> crashesAt)
    {
        this.executions = executions;
        this.crashesAt = crashesAt;
        unraised = [.. executions.SelectMany(execution => Events(Id, execution))];
    }

    public async Task<ProgramOutcome> ToEndAsync()
    {
        while (true)
        {
            try
            {
                await using var engine = await TestEngine.StartAsync(
                    folder, services => ProgramOrchestrators.AddTo(services, ran), time, parallelism: 2, CrashPoint);
                var instance = await ToEndAsync(engine);
                return new ProgramOutcome(instance.ReadOutputAs<string>(), instance.FailureReason, ProgramOutcome.Ids(ran));
            }
            catch (CrashException)
            {
                if (++crashes > MostCrashes)
                    throw new InvalidOperationException($"{MostCrashes} engines have crashed and the program has not ended");
            }
        }
    }

    public void Dispose() => folder.Dispose();

    private static IEnumerable<(string Instance, int Event)> Events(string instance, Step step) => step switch
    {
        EventStep raised => [(instance, raised.Id)],
        ChildStep child => Events($"child-{child.Id}", child.Body),
        SequenceStep sequence => sequence.Steps.SelectMany(each => Events(instance, each)),
        ParallelStep parallel => parallel.Steps.SelectMany(each => Events(instance, each)),
        CatchStep caught => Events(instance, caught.Body),
        _ => [],
    };

    private void CrashPoint(string name)
    {
        if (crashesAt(name))
            throw new CrashException(name);
    }

    private async Task<OrchestrationMetadata> ToEndAsync(TestEngine engine)
    {
        await engine.Client.ScheduleNewOrchestrationInstanceAsync(
            ProgramOrchestrators.Root, new ProgramState(executions, 0, ""), Id, TestContext.Current.CancellationToken);
        while (true)
        {
            var next = await engine.AtRestAsync();
            var instance = await engine.GetAsync(Id);
            if (instance.IsOver)
                return instance;
            if (await RaiseNextEventAsync(engine))
                continue;
            time.SetUtcNow(next ?? throw new InvalidOperationException("nothing will happen any more"));
        }
    }

    /// <summary>Raises an event that can be raised: one, so that the engine is at rest when the next is.</summary>
    /// <returns>Whether there was one.</returns>
    private async Task<bool> RaiseNextEventAsync(TestEngine engine)
    {
        foreach (var (instance, number) in unraised)
        {
            if (await engine.Client.GetInstanceAsync(instance, TestContext.Current.CancellationToken) is null)
                continue;
            await RaiseAsync(engine, instance, number);
            return true;
        }

        return false;
    }

    private async Task RaiseAsync(TestEngine engine, string instance, int number)
    {
        try
        {
            await engine.RaiseAsync(instance, $"event-{number}", $"e{number}");
            unraised.Remove((instance, number));
        }
        catch (CrashException crash) when (crash.IsAfterCommit)
        {
            // The engine was at rest: what it had committed is this event.
            unraised.Remove((instance, number));
            throw;
        }
    }

    private sealed class CrashException(string point) : Exception($"a crash at {point}")
    {
        public bool IsAfterCommit => point == "engine/after-commit";
    }
}
