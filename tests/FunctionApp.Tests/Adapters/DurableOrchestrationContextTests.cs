using FlDurable.FunctionApp.Adapters;
using FlDurable.FunctionApp.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.DurableTask;
using Port = FlDurable.Orchestrator.Durable;

namespace FlDurable.FunctionApp.Tests.Adapters;

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
        Assert.Equal(("Echo", "hello", (TaskOptions?)null), Assert.Single(durable.Calls));
    }

    [Fact]
    public async Task A_retry_policy_reaches_Durable_Task()
    {
        await Context.CallActivityAsync(Echo, "hello", new Port.RetryPolicy(3, TimeSpan.FromSeconds(1), 4, TimeSpan.FromSeconds(30)));
        var policy = Assert.Single(durable.Calls).Options!.Retry!.Policy!;
        Assert.Equal(
            (3, TimeSpan.FromSeconds(1), 4.0, TimeSpan.FromSeconds(30), Timeout.InfiniteTimeSpan),
            (policy.MaxNumberOfAttempts, policy.FirstRetryInterval, policy.BackoffCoefficient, policy.MaxRetryInterval, policy.RetryTimeout));
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
        Assert.Equal((expected, "next", (TaskOptions?)null), Assert.Single(durable.Calls));
    }
}
