using FlDurable.DurableTask.Adapters;
using FlDurable.DurableTask.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.DurableTask;
using Port = FlDurable.Orchestrator.Durable;

namespace FlDurable.DurableTask.Tests.Adapters;

public sealed class DurableOrchestrationContextTests
{
    private static readonly ActivityDescriptor<string, string> Echo = new("Echo");
    private static readonly OrchestratorDescriptor<string, string> Child = new("Child");
    private static readonly string TooLong = new('x', IOrchestrationContext.MaxMessageBytes);

    private readonly FakeContext durable = new();

    private DurableOrchestrationContext Context => new(durable);

    [Fact]
    public async Task An_activity_is_called_by_its_name_with_its_input()
    {
        Assert.Equal("hello", await Context.CallActivityAsync(Echo, "hello"));
        Assert.Equal(("Echo", "\"hello\"", (TaskOptions?)null), Assert.Single(durable.Calls));
    }

    [Fact]
    public async Task A_failed_activity_is_tried_again_after_the_policys_waits()
    {
        var attempts = 0;
        var context = new FakeContext
        {
            OnCall = message => ++attempts < 4 ? throw Failed($"attempt {attempts}") : Task.FromResult(message),
            OnTimer = fireAt => fireAt,
        };
        var policy = new Port.RetryPolicy(5, TimeSpan.FromSeconds(1), 4, TimeSpan.FromSeconds(10));
        Assert.Equal("hello", await new DurableOrchestrationContext(context).CallActivityAsync(Echo, "hello", policy));
        Assert.Equal(["Echo", "timer", "Echo", "timer", "Echo", "timer", "Echo"], context.Calls.Select(call => call.What));
        Assert.Equal(TimeSpan.FromSeconds(1 + 4 + 10), context.Now - FakeContext.Start);
    }

    [Fact]
    public async Task An_activity_whose_attempts_are_spent_fails_as_the_last_did()
    {
        var attempts = 0;
        var context = new FakeContext { OnCall = _ => throw Failed($"attempt {++attempts}"), OnTimer = fireAt => fireAt };
        var failure = await Assert.ThrowsAsync<Port.TaskFailedException>(() => new DurableOrchestrationContext(context).CallActivityAsync(
            Echo, "hello", new Port.RetryPolicy(3, TimeSpan.FromSeconds(1))));
        Assert.Equal("attempt 3", failure.Reason);
    }

    [Fact]
    public async Task An_activity_that_nobody_waited_for_has_failed_and_is_not_tried_again()
    {
        var context = new FakeContext { OnCall = _ => Task.FromResult<object?>(null) };
        var failure = await Assert.ThrowsAsync<Port.TaskFailedException>(() => new DurableOrchestrationContext(context).CallActivityAsync(
            Echo, "hello", new Port.RetryPolicy(3, TimeSpan.FromSeconds(1))));
        Assert.Contains("nobody waits", failure.Reason, StringComparison.Ordinal);
        Assert.Single(context.Calls);
    }

    [Fact]
    public async Task Without_a_policy_nothing_is_tried_again()
    {
        var context = new FakeContext { OnCall = _ => throw Failed("the disk is full") };
        await Assert.ThrowsAsync<Port.TaskFailedException>(() => new DurableOrchestrationContext(context).CallActivityAsync(Echo, "hello"));
        Assert.Single(context.Calls);
    }

    [Fact]
    public async Task A_policy_without_an_attempt_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Context.CallActivityAsync(Echo, "hello", new Port.RetryPolicy(0, TimeSpan.FromSeconds(1))));
        Assert.Empty(durable.Calls);
    }

    [Fact]
    public async Task A_timer_that_Durable_Task_fires_early_is_waited_out()
    {
        var early = new Queue<double>([-0.9, -0.1, 0.6]);
        var fireAt = FakeContext.Start.AddMinutes(1);
        var context = new FakeContext { OnTimer = _ => fireAt.AddSeconds(early.Dequeue()) };
        await new DurableOrchestrationContext(context).CreateTimer(fireAt, CancellationToken.None);
        Assert.Equal(fireAt.AddSeconds(0.6), context.Now);
    }

    [Fact]
    public async Task The_wait_before_a_retry_is_no_shorter_where_timers_fire_early()
    {
        var attempts = 0;
        var context = new FakeContext
        {
            OnCall = message => ++attempts == 1 ? throw Failed("busy") : Task.FromResult(message),
            OnTimer = fireAt => fireAt.AddSeconds(-0.9),
        };
        await new DurableOrchestrationContext(context).CallActivityAsync(Echo, "hello", new Port.RetryPolicy(2, TimeSpan.FromSeconds(2)));
        Assert.True(context.Now - FakeContext.Start >= TimeSpan.FromSeconds(2), $"{context.Now - FakeContext.Start}");
    }

    [Fact]
    public async Task A_child_has_the_id_that_it_is_given_and_its_parents_version()
    {
        var context = new FakeContext { InstanceVersion = "7" };
        await new DurableOrchestrationContext(context).CallSubOrchestratorAsync(Child, "hello", "fed:round-1-1");
        var options = Assert.IsType<SubOrchestrationOptions>(Assert.Single(context.Calls).Options);
        Assert.Equal(("fed:round-1-1", "7"), (options.InstanceId, options.Version!.Value.Version));
    }

    [Fact]
    public async Task Messages_over_the_limit_never_reach_Durable_Task()
    {
        await Assert.ThrowsAsync<MessageTooLargeException>(() => Context.CallActivityAsync(Echo, TooLong));
        await Assert.ThrowsAsync<MessageTooLargeException>(() => Context.CallSubOrchestratorAsync(Child, TooLong, "fed:child"));
        Assert.Throws<MessageTooLargeException>(() => Context.SetCustomStatus(TooLong));
        Assert.Throws<MessageTooLargeException>(() => Context.ContinueAsNew(TooLong));
        Assert.Empty(durable.Calls);
    }

    [Theory]
    [InlineData("no such client")]
    [InlineData("no such client\n   at Train() in Train.cs:line 7\n   at Run()")]
    [InlineData("no such client\r\n ---> System.IO.IOException: gone\r\n   at Read()")]
    public async Task A_failure_is_told_by_its_message_without_causes_and_stack(string errorMessage)
    {
        var details = new TaskFailureDetails("System.Exception", errorMessage, null, null, null);
        var context = new FakeContext { OnCall = _ => throw new Microsoft.DurableTask.TaskFailedException("Echo", 0, details) };
        var failure = await Assert.ThrowsAsync<Port.TaskFailedException>(
            () => new DurableOrchestrationContext(context).CallActivityAsync(Echo, "hello"));
        Assert.Equal(("Echo", "no such client"), (failure.TaskName, failure.Reason));
    }

    [Fact]
    public async Task A_childs_failure_is_the_ports_too()
    {
        var details = new TaskFailureDetails("(unknown)", "the disk is full", null, null, null);
        var context = new FakeContext { OnCall = _ => throw new Microsoft.DurableTask.TaskFailedException("Child", 0, details) };
        var failure = await Assert.ThrowsAsync<Port.TaskFailedException>(
            () => new DurableOrchestrationContext(context).CallSubOrchestratorAsync(Child, "hello", "fed:child"));
        Assert.Equal("the disk is full", failure.Reason);
    }

    [Fact]
    public async Task A_cancelled_timer_is_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var timer = Context.CreateTimer(durable.CurrentUtcDateTime.AddHours(1), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => timer);
    }

    [Fact]
    public async Task A_timer_that_is_cancelled_before_it_begins_is_not_started()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Context.CreateTimer(durable.CurrentUtcDateTime, new CancellationToken(canceled: true)));
        Assert.Empty(durable.Calls);
    }

    [Fact]
    public async Task A_timer_in_local_time_is_refused()
    {
        var local = DateTime.SpecifyKind(durable.CurrentUtcDateTime, DateTimeKind.Unspecified);
        await Assert.ThrowsAsync<ArgumentException>(() => Context.CreateTimer(local, CancellationToken.None));
        Assert.Empty(durable.Calls);
    }

    [Theory]
    [InlineData(true, "continue, events kept")]
    [InlineData(false, "continue, events dropped")]
    public void Continuing_as_new_hands_over_the_input_and_what_becomes_of_events(bool preserve, string expected)
    {
        Context.ContinueAsNew("next", preserve);
        Assert.Equal((expected, "\"next\"", (TaskOptions?)null), Assert.Single(durable.Calls));
    }

    private static Microsoft.DurableTask.TaskFailedException Failed(string reason) =>
        new("Echo", 0, new TaskFailureDetails("System.Exception", reason, null, null, null));
}
