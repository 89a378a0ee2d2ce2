using System.Collections.Concurrent;
using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class ActivityTests : IDisposable
{
    private static readonly OrchestratorDescriptor<int, int[]> Main = new("Main");
    private static readonly OrchestratorDescriptor<int, int> One = new("One");
    private static readonly ActivityDescriptor<int, int> Double = new("Double");

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Activities_run_one_after_another_when_each_is_awaited()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Double, (x, _) => Task.FromResult(2 * x))
            .AddOrchestratorFunc(Main, async (context, x) =>
            {
                var once = await context.CallActivityAsync(Double, x);
                var twice = await context.CallActivityAsync(Double, once);
                return new[] { x, once, twice };
            }));

        Assert.Equal((int[])[3, 6, 12], (await engine.RunAsync(Main, 3)).Output<int[]>());
    }

    [Fact]
    public async Task A_fan_out_gives_its_results_in_the_order_of_its_calls()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Double, async (x, _) =>
            {
                if (x % 2 == 0)
                    await Task.Yield();
                return 2 * x;
            })
            .AddOrchestratorFunc(Main, (context, n) =>
                Task.WhenAll(Enumerable.Range(0, n).Select(x => context.CallActivityAsync(Double, x)))));

        Assert.Equal(Enumerable.Range(0, 700).Select(x => 2 * x), (await engine.RunAsync(Main, 700)).Output<int[]>());
    }

    [Fact]
    public async Task No_more_activities_run_at_a_time_than_there_are_slots()
    {
        var running = 0;
        var most = new ConcurrentQueue<int>();
        await using var engine = await TestEngine.StartAsync(
            folder,
            services => services
                .AddActivityFunc(Double, async (x, _) =>
                {
                    most.Enqueue(Interlocked.Increment(ref running));
                    await Task.Yield();
                    Interlocked.Decrement(ref running);
                    return x;
                })
                .AddOrchestratorFunc(Main, (context, n) =>
                    Task.WhenAll(Enumerable.Range(0, n).Select(x => context.CallActivityAsync(Double, x)))),
            parallelism: 3);

        await engine.RunAsync(Main, 100);

        Assert.InRange(most.Max(), 1, 3);
    }

    [Fact]
    public async Task While_activities_wait_that_gave_their_slots_back_as_many_others_compute_and_wait()
    {
        var computing = 0;
        var waiting = 0;
        var mostComputing = new ConcurrentQueue<int>();
        var mostWaiting = new ConcurrentQueue<int>();
        var stored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var engine = await TestEngine.StartAsync(
            folder,
            services => services
                .AddActivityFunc(Double, async (x, cancellation) =>
                {
                    mostComputing.Enqueue(Interlocked.Increment(ref computing));
                    await Task.Yield();
                    Interlocked.Decrement(ref computing);
                    ActivitySlot.GiveBack();
                    var wait = Interlocked.Increment(ref waiting);
                    mostWaiting.Enqueue(wait);
                    if (wait == 4)
                        stored.TrySetResult();
                    await stored.Task.WaitAsync(cancellation);
                    Interlocked.Decrement(ref waiting);
                    return 2 * x;
                })
                .AddOrchestratorFunc(Main, (context, n) =>
                    Task.WhenAll(Enumerable.Range(0, n).Select(x => context.CallActivityAsync(Double, x)))),
            parallelism: 2);

        Assert.Equal(Enumerable.Range(0, 100).Select(x => 2 * x), (await engine.RunAsync(Main, 100)).Output<int[]>());

        Assert.InRange(mostComputing.Max(), 1, 2);
        Assert.Equal(4, mostWaiting.Max());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_slot_that_was_given_back_is_free_once_however_the_activity_ends(bool fails)
    {
        var stored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var computed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new ConcurrentQueue<int>();
        await using var engine = await TestEngine.StartAsync(
            folder,
            services => services
                .AddActivityFunc(Double, async (x, cancellation) =>
                {
                    begun.Enqueue(x);
                    if (x == 1)
                    {
                        ActivitySlot.GiveBack();
                        ActivitySlot.GiveBack();
                        await stored.Task.WaitAsync(cancellation);
                        return fails ? throw new InvalidOperationException("no") : x;
                    }

                    await computed.Task.WaitAsync(cancellation);
                    return x;
                })
                .AddOrchestratorFunc(One, async (context, x) => await context.CallActivityAsync(Double, x)),
            parallelism: 1);
        await engine.ScheduleAsync(One, 1, "stores");
        await engine.ScheduleAsync(One, 2, "computes");
        await engine.ScheduleAsync(One, 3, "waits");

        stored.SetResult(); // which is what the first waits for, while the second has its slot
        Assert.Equal(fails ? OrchestrationRuntimeStatus.Failed : OrchestrationRuntimeStatus.Completed, (await engine.WaitAsync("stores")).RuntimeStatus);
        var whileComputing = begun.ToArray();
        computed.SetResult();
        await engine.WaitAsync("computes");
        await engine.WaitAsync("waits");

        Assert.DoesNotContain(3, whileComputing);
        Assert.Equal([1, 2, 3], begun);
    }

    [Fact]
    public async Task An_engine_stops_while_one_activity_waits_without_a_slot_another_computes_and_more_are_to_come()
    {
        var calls = 0;
        using var begun = new CountdownEvent(2);
        var engine = await TestEngine.StartAsync(
            folder,
            services => services
                .AddActivityFunc(Double, async (x, cancellation) =>
                {
                    if (Interlocked.Increment(ref calls) == 1)
                        ActivitySlot.GiveBack();
                    begun.Signal();
                    await Task.Delay(Timeout.Infinite, cancellation);
                    return x;
                })
                .AddOrchestratorFunc(Main, (context, n) =>
                    Task.WhenAll(Enumerable.Range(0, n).Select(x => context.CallActivityAsync(Double, x)))),
            parallelism: 1);
        await engine.ScheduleAsync(Main, 5, "instance");
        Assert.True(begun.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));

        await engine.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.Equal(2, calls); // none of those that were to come
    }

    [Fact]
    public async Task An_activity_stays_on_its_own_thread_which_is_none_of_the_pool()
    {
        var threads = new ConcurrentQueue<(int Id, bool IsPool)>();
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Double, async (x, cancellation) =>
            {
                threads.Enqueue((Environment.CurrentManagedThreadId, Thread.CurrentThread.IsThreadPoolThread));
                await Task.Run(() => { }, cancellation);
                threads.Enqueue((Environment.CurrentManagedThreadId, Thread.CurrentThread.IsThreadPoolThread));
                return x;
            })
            .AddOrchestratorFunc(One, async (context, x) => await context.CallActivityAsync(Double, x)));

        await engine.RunAsync(One, 1);

        Assert.False(Assert.Single(threads.Distinct()).IsPool);
    }

    [Fact]
    public async Task A_failed_activity_fails_its_orchestration_with_its_name_and_message()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Double, (int x, CancellationToken _) => Task.FromException<int>(new InvalidDataException("client 7 has no data")))
            .AddOrchestratorFunc(One, async (context, x) => await context.CallActivityAsync(Double, x)));

        Assert.Equal("Double failed: client 7 has no data", (await engine.RunAsync(One, 1)).Failure());
    }

    [Fact]
    public async Task An_orchestrator_can_go_on_after_a_failed_activity()
    {
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Double, (x, _) => x == 0 ? throw new ArgumentException("zero") : Task.FromResult(2 * x))
            .AddOrchestratorFunc(One, async (context, x) =>
            {
                try
                {
                    return await context.CallActivityAsync(Double, 0);
                }
                catch (TaskFailedException e) when (e is { TaskName: "Double", Reason: "zero" })
                {
                    return await context.CallActivityAsync(Double, x);
                }
            }));

        Assert.Equal(10, (await engine.RunAsync(One, 5)).Output<int>());
    }

    [Fact]
    public async Task An_activity_that_is_not_registered_is_what_the_host_lacks_and_no_failure_of_its_instance()
    {
        var half = new ActivityDescriptor<int, int>("Half");
        await using (var lacking = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(half, (x, _) => Task.FromResult(x / 2))
            .AddOrchestratorFunc(One, async (context, x) => await context.CallActivityAsync(Double, x))))
        {
            Assert.Equal(
                "Double of instance can't be done now: activity 'Double' is not known here; known are Half",
                (await Assert.ThrowsAsync<HostFailureException>(() => lacking.RunAsync(One, 1))).Message);
        }

        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Double, (x, _) => Task.FromResult(2 * x))
            .AddOrchestratorFunc(One, async (context, x) => await context.CallActivityAsync(Double, x)));
        Assert.Equal(2, (await engine.WaitAsync("instance")).Output<int>());
    }

    [Fact]
    public async Task Retries_wait_longer_each_time_and_up_to_the_longest_interval()
    {
        var attempts = new ConcurrentQueue<DateTimeOffset>();
        TestEngine? engine = null;
        await using var started = engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Double, (x, _) =>
            {
                attempts.Enqueue(engine!.Time.GetUtcNow());
                return attempts.Count < 5 ? throw new InvalidOperationException("not yet") : Task.FromResult(x);
            })
            .AddOrchestratorFunc(One, async (context, x) =>
                await context.CallActivityAsync(
                    Double, x, new RetryPolicy(5, TimeSpan.FromSeconds(1), BackoffCoefficient: 3, MaxRetryInterval: TimeSpan.FromSeconds(5)))));

        Assert.Equal(8, (await engine.RunAsync(One, 8)).Output<int>());
        Assert.Equal((int[])[1, 3, 5, 5], attempts.Zip(attempts.Skip(1), (a, b) => (int)(b - a).TotalSeconds));
    }

    [Fact]
    public async Task Spent_retries_fail_with_the_last_reason()
    {
        var attempts = 0;
        await using var engine = await TestEngine.StartAsync(folder, services => services
            .AddActivityFunc(Double, (int x, CancellationToken _) =>
                Task.FromException<int>(new InvalidOperationException($"attempt {Interlocked.Increment(ref attempts)}")))
            .AddOrchestratorFunc(One, async (context, x) =>
                await context.CallActivityAsync(Double, x, new RetryPolicy(3, TimeSpan.FromMinutes(1)))));

        Assert.Equal("Double failed: attempt 3", (await engine.RunAsync(One, 1)).Failure());
    }
}
