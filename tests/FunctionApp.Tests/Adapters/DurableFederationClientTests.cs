using FlDurable.FunctionApp.Adapters;
using FlDurable.FunctionApp.Tests.Support;
using FlDurable.Orchestrator.Durable;
using Microsoft.DurableTask;
using Microsoft.Extensions.Time.Testing;
using OrchestrationMetadata = Microsoft.DurableTask.Client.OrchestrationMetadata;
using OrchestrationRuntimeStatus = Microsoft.DurableTask.Client.OrchestrationRuntimeStatus;
using Port = FlDurable.Orchestrator.Durable;

namespace FlDurable.FunctionApp.Tests.Adapters;

public sealed class DurableFederationClientTests : IAsyncDisposable
{
    private static readonly OrchestratorDescriptor<string, string> Main = new("Main");

    private readonly FakeClient durable = new();

    private DurableFederationClient Client => For(durable);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => durable.DisposeAsync();

    [Fact]
    public async Task An_instance_is_started_under_its_id_by_this_builds_version()
    {
        Assert.True(await Client.ScheduleNewOrchestrationInstanceAsync(Main, "input", "fed", Cancel));
        Assert.Equal(["start Main"], durable.Requests);
        Assert.Equal(("input", "fed", "7"), (durable.Payload, durable.StartOptions!.InstanceId, durable.StartOptions.Version!.Value.Version));
    }

    [Theory]
    [InlineData(OrchestrationRuntimeStatus.Running)]
    [InlineData(OrchestrationRuntimeStatus.Completed)]
    [InlineData(OrchestrationRuntimeStatus.Terminated)]
    public async Task An_instance_that_is_there_is_left_as_it_is(OrchestrationRuntimeStatus status)
    {
        durable.Put("fed", status);
        Assert.False(await Client.ScheduleNewOrchestrationInstanceAsync(Main, "input", "fed", Cancel));
        Assert.Empty(durable.Requests);
    }

    [Fact]
    public async Task Who_starts_an_instance_that_another_is_starting_joins()
    {
        durable.OnRequest = _ =>
        {
            durable.Put("fed", OrchestrationRuntimeStatus.Pending);
            throw new InvalidOperationException("already exists");
        };
        Assert.False(await Client.ScheduleNewOrchestrationInstanceAsync(Main, "input", "fed", Cancel));
    }

    [Fact]
    public async Task A_start_that_fails_fails()
    {
        durable.OnRequest = _ => throw new IOException("no host");
        await Assert.ThrowsAsync<IOException>(() => Client.ScheduleNewOrchestrationInstanceAsync(Main, "input", "fed", Cancel));
    }

    [Fact]
    public async Task Messages_over_the_limit_never_reach_Durable_Task()
    {
        durable.Put("fed", OrchestrationRuntimeStatus.Running);
        var tooLong = new string('x', IOrchestrationContext.MaxMessageBytes);
        await Assert.ThrowsAsync<MessageTooLargeException>(() => Client.ScheduleNewOrchestrationInstanceAsync(Main, tooLong, "other", Cancel));
        await Assert.ThrowsAsync<MessageTooLargeException>(() => Client.RaiseEventAsync("fed", "go", tooLong, Cancel));
        Assert.Empty(durable.Requests);
    }

    [Fact]
    public async Task Requests_reach_an_instance_that_lives()
    {
        durable.Put("fed", OrchestrationRuntimeStatus.Running);
        await Client.RaiseEventAsync("fed", "go", 7, Cancel);
        await Client.SuspendInstanceAsync("fed", "lunch", Cancel);
        await Client.ResumeInstanceAsync("fed", "back", Cancel);
        Assert.Equal(["raise go", "suspend lunch", "resume back"], durable.Requests);
    }

    [Theory]
    [InlineData("fed")]
    [InlineData("nobody")]
    public async Task Requests_to_who_is_over_or_not_there_are_nothing(string id)
    {
        durable.Put("fed", OrchestrationRuntimeStatus.Completed);
        await Client.RaiseEventAsync(id, "go", 7, Cancel);
        await Client.TerminateInstanceAsync(id, "reason", Cancel);
        await Client.SuspendInstanceAsync(id, "reason", Cancel);
        await Client.ResumeInstanceAsync(id, "reason", Cancel);
        Assert.Empty(durable.Requests);
    }

    [Fact]
    public async Task A_request_that_comes_as_the_instance_ends_is_nothing()
    {
        durable.Put("fed", OrchestrationRuntimeStatus.Running);
        durable.OnRequest = _ =>
        {
            durable.Put("fed", OrchestrationRuntimeStatus.Completed);
            throw new InvalidOperationException("it is over");
        };
        await Client.RaiseEventAsync("fed", "go", 7, Cancel);
    }

    [Fact]
    public async Task A_request_that_fails_though_the_instance_lives_fails()
    {
        durable.Put("fed", OrchestrationRuntimeStatus.Running);
        durable.OnRequest = _ => throw new IOException("no host");
        await Assert.ThrowsAsync<IOException>(() => Client.RaiseEventAsync("fed", "go", 7, Cancel));
    }

    [Fact]
    public async Task Termination_has_taken_effect_when_it_is_answered()
    {
        durable.Put("fed", OrchestrationRuntimeStatus.Running);
        await Client.TerminateInstanceAsync("fed", "no longer needed", Cancel);
        Assert.Equal(["terminate no longer needed", "wait"], durable.Requests);
    }

    [Fact]
    public async Task A_termination_that_has_no_effect_is_not_waited_for_without_end()
    {
        var time = new FakeTimeProvider();
        durable.Put("of another version", OrchestrationRuntimeStatus.Running);
        durable.OnWait = cancellation => new TaskCompletionSource().Task.WaitAsync(cancellation);

        var terminated = For(durable, time).TerminateInstanceAsync("of another version", "reason", Cancel);
        Assert.False(terminated.IsCompleted);
        time.Advance(DurableFederationClient.TerminationTimeout);
        Assert.Contains("'of another version'", (await Assert.ThrowsAsync<TimeoutException>(() => terminated)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_what_is_over_is_purged()
    {
        durable.Put("running", OrchestrationRuntimeStatus.Running);
        durable.Put("over", OrchestrationRuntimeStatus.Failed);
        Assert.False(await Client.PurgeInstanceAsync("running", Cancel));
        Assert.False(await Client.PurgeInstanceAsync("nobody", Cancel));
        Assert.True(await Client.PurgeInstanceAsync("over", Cancel));
        Assert.Equal(["running"], durable.Instances.Keys);
    }

    [Theory]
    [InlineData(OrchestrationRuntimeStatus.Pending, Port.OrchestrationRuntimeStatus.Pending)]
    [InlineData(OrchestrationRuntimeStatus.Running, Port.OrchestrationRuntimeStatus.Running)]
    [InlineData(OrchestrationRuntimeStatus.Suspended, Port.OrchestrationRuntimeStatus.Suspended)]
    [InlineData(OrchestrationRuntimeStatus.Completed, Port.OrchestrationRuntimeStatus.Completed)]
    [InlineData(OrchestrationRuntimeStatus.Failed, Port.OrchestrationRuntimeStatus.Failed)]
    [InlineData(OrchestrationRuntimeStatus.Terminated, Port.OrchestrationRuntimeStatus.Terminated)]
    public async Task States_are_the_ports(OrchestrationRuntimeStatus status, Port.OrchestrationRuntimeStatus expected)
    {
        durable.Put("fed", status);
        Assert.Equal(expected, (await Client.GetInstanceAsync("fed", Cancel))!.RuntimeStatus);
    }

    [Fact]
    public async Task Outputs_statuses_and_reasons_are_found_where_Durable_Functions_puts_them()
    {
        durable.Put("completed", OrchestrationRuntimeStatus.Completed, output: "7", customStatus: "\"done\"");
        durable.Put(
            "failed", OrchestrationRuntimeStatus.Failed, output: "\"something\"", customStatus: "null",
            failure: new TaskFailureDetails("(unknown)", "the disk is full\n   at X()", null, null, null));
        durable.Put("terminated", OrchestrationRuntimeStatus.Terminated, output: "\"no longer needed\"");
        durable.Put("by a tool", OrchestrationRuntimeStatus.Terminated, output: "by hand");

        Assert.Equal(("7", "\"done\"", null), await ReadAsync("completed"));
        Assert.Equal((null, null, "the disk is full"), await ReadAsync("failed"));
        Assert.Equal((null, null, "no longer needed"), await ReadAsync("terminated"));
        Assert.Equal((null, null, "by hand"), await ReadAsync("by a tool"));
        Assert.Null(await Client.GetInstanceAsync("nobody", Cancel));

        async Task<(string?, string?, string?)> ReadAsync(string id)
        {
            var instance = await Client.GetInstanceAsync(id, Cancel);
            return (instance!.SerializedOutput, instance.SerializedCustomStatus, instance.FailureReason);
        }
    }

    [Fact]
    public async Task A_page_has_the_orchestrators_instances_oldest_first_and_says_where_to_go_on()
    {
        var paged = new FakeClient
        {
            Pages = [("1", [Instance("child", "Round", 1)]), ("2", [Instance("b", "Main", 3), Instance("a", "Main", 2)]), (null, [Instance("c", "Main", 1)])],
        };
        var query = new Port.OrchestrationQuery(
            [Port.OrchestrationRuntimeStatus.Failed], InstanceIdPrefix: "x", OrchestratorName: "Main", PageSize: 2);

        var first = await For(paged).GetInstancesAsync(query, Cancel);
        Assert.Equal(["a", "b"], first.Instances.Select(instance => instance.InstanceId));
        Assert.Equal(
            ("Failed", "x", 2, true),
            (string.Join(',', paged.Query!.Statuses!), paged.Query.InstanceIdPrefix, paged.Query.PageSize, paged.Query.FetchInputsAndOutputs));

        var last = await For(paged).GetInstancesAsync(query with { ContinuationToken = first.ContinuationToken }, Cancel);
        Assert.Equal(["c"], last.Instances.Select(instance => instance.InstanceId));
        Assert.Null(last.ContinuationToken);
    }

    [Fact]
    public async Task Waiting_for_who_is_not_there_is_refused() =>
        await Assert.ThrowsAsync<KeyNotFoundException>(() => Client.WaitForInstanceCompletionAsync("nobody", Cancel));

    [Fact]
    public async Task A_call_without_a_client_bound_to_it_is_told_so()
    {
        var unbound = new DurableFederationClient(new CurrentDurableClient(), new OrchestrationVersion("7"), TimeProvider.System);
        await Assert.ThrowsAsync<InvalidOperationException>(() => unbound.GetInstanceAsync("fed", Cancel));
    }

    private static DurableFederationClient For(FakeClient durable, TimeProvider? time = null)
    {
        var current = new CurrentDurableClient();
        current.Use(durable);
        return new DurableFederationClient(current, new OrchestrationVersion("7"), time ?? TimeProvider.System);
    }

    private static OrchestrationMetadata Instance(string id, string name, int day) =>
        new(name, id) { CreatedAt = new DateTimeOffset(2026, 1, day, 0, 0, 0, TimeSpan.Zero) };
}
