using System.Net.Sockets;
using FlDurable.DurableTask.Adapters;
using FlDurable.DurableTask.Tests.Support;
using FlDurable.Orchestrator.Durable;
using Microsoft.DurableTask;
using Microsoft.Extensions.Time.Testing;
using OrchestrationMetadata = Microsoft.DurableTask.Client.OrchestrationMetadata;
using OrchestrationRuntimeStatus = Microsoft.DurableTask.Client.OrchestrationRuntimeStatus;
using Port = FlDurable.Orchestrator.Durable;

namespace FlDurable.DurableTask.Tests.Adapters;

public sealed class DurableOrchestrationClientTests : IAsyncDisposable
{
    private static readonly OrchestratorDescriptor<string, string> Main = new("Main");

    private readonly FakeClient durable = new();

    private DurableOrchestrationClient Client => For(durable);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => durable.DisposeAsync();

    [Fact]
    public async Task An_instance_is_started_under_its_id_by_this_builds_version()
    {
        Assert.True(await Client.ScheduleNewOrchestrationInstanceAsync(Main, "input", "fed", Cancel));
        Assert.Equal(["start Main"], durable.Requests);
        Assert.Equal(("input", "fed", "7"), ($"{durable.Payload}", durable.StartOptions!.InstanceId, durable.StartOptions.Version!.Value.Version));
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
    public async Task A_back_end_that_can_not_be_reached_is_told_of_in_one_way_whatever_is_asked()
    {
        var client = new DurableOrchestrationClient(
            () => throw new SocketException((int)SocketError.ConnectionRefused), exception => exception is SocketException, new OrchestrationVersion("7"),
            TimeProvider.System);
        var query = new Port.OrchestrationQuery();
        foreach (var request in (string[])["suspend why", "resume why", "terminate why"])
            await Assert.ThrowsAsync<EngineUnavailableException>(() => Ask(client, request));
        await Assert.ThrowsAsync<EngineUnavailableException>(() => client.ScheduleNewOrchestrationInstanceAsync(Main, "input", "fed", Cancel));
        await Assert.ThrowsAsync<EngineUnavailableException>(() => client.GetInstanceAsync("fed", Cancel));
        await Assert.ThrowsAsync<EngineUnavailableException>(() => client.GetInstancesAsync(query, Cancel));
        await Assert.ThrowsAsync<EngineUnavailableException>(() => client.PurgeInstanceAsync("fed", Cancel));
        await Assert.ThrowsAsync<EngineUnavailableException>(() => client.WaitForInstanceCompletionAsync("fed", Cancel));
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
    public async Task Of_many_who_start_an_instance_at_once_one_does()
    {
        var entered = new TaskCompletionSource();
        durable.OnRequest = _ => durable.Put("fed", OrchestrationRuntimeStatus.Pending);
        durable.BeforeAnswer = entered.Task;
        var client = Client;
        var starts = Enumerable.Range(0, 8).Select(_ => client.ScheduleNewOrchestrationInstanceAsync(Main, "input", "fed", Cancel)).ToList();
        entered.SetResult();
        Assert.Single(await Task.WhenAll(starts), isStarted => isStarted);
        Assert.Equal(["start Main"], durable.Requests);
    }

    [Fact]
    public async Task A_start_asks_Durable_Task_to_replace_no_instance_whatever_it_is()
    {
        await Client.ScheduleNewOrchestrationInstanceAsync(Main, "input", "fed", Cancel);
        var kept = durable.StartOptions!.DedupeStatuses!;
        Assert.All(
            [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended,
                OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated],
            status => Assert.Contains($"{status}", kept));
    }

    [Theory]
    [InlineData(OrchestrationRuntimeStatus.Running, "terminate reason")]
    [InlineData(OrchestrationRuntimeStatus.Running, "suspend reason")]
    [InlineData(OrchestrationRuntimeStatus.Suspended, "resume reason")]
    public async Task A_request_has_taken_effect_when_it_is_answered(OrchestrationRuntimeStatus before, string request)
    {
        durable.Put("fed", before);
        durable.LooksBeforeEffect = 3;
        var time = new FakeTimeProvider();
        var asked = Ask(For(durable, time), request);
        while (!asked.IsCompleted)
            time.Advance(TimeSpan.FromMilliseconds(1));
        await asked;
        Assert.Equal([request], durable.Requests);
        Assert.NotEqual(before, durable.Instances["fed"].RuntimeStatus);
    }

    [Theory]
    [InlineData(OrchestrationRuntimeStatus.Running, "terminate reason")]
    [InlineData(OrchestrationRuntimeStatus.Running, "suspend reason")]
    [InlineData(OrchestrationRuntimeStatus.Suspended, "resume reason")]
    public async Task A_request_that_has_no_effect_is_not_waited_for_without_end(OrchestrationRuntimeStatus before, string request)
    {
        var time = new FakeTimeProvider();
        durable.Put("fed", before);
        durable.LooksBeforeEffect = null;

        var asked = Ask(For(durable, time), request);
        Assert.False(asked.IsCompleted);
        time.Advance(DurableOrchestrationClient.EffectTimeout);
        Assert.Contains("'fed'", (await Assert.ThrowsAsync<TimeoutException>(() => asked)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OrchestrationRuntimeStatus.Suspended, "suspend reason")]
    [InlineData(OrchestrationRuntimeStatus.Running, "resume reason")]
    [InlineData(OrchestrationRuntimeStatus.Pending, "resume reason")]
    public async Task What_is_so_already_is_not_asked_for(OrchestrationRuntimeStatus before, string request)
    {
        durable.Put("fed", before);
        await Ask(Client, request);
        Assert.Empty(durable.Requests);
    }

    [Fact]
    public async Task Who_suspends_what_another_suspends_is_content()
    {
        durable.Put("fed", OrchestrationRuntimeStatus.Running);
        durable.OnRequest = _ => durable.Put("fed", OrchestrationRuntimeStatus.Suspended);
        await Client.SuspendInstanceAsync("fed", "reason", Cancel);
        Assert.Equal(["suspend reason"], durable.Requests);
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
        const string text = "FlDurable.Orchestrator.FederationFailedException: round 1 failed: no quorum";
        durable.Put("failed in Azure Storage", OrchestrationRuntimeStatus.Failed, output: $"{text}\n   at RunAsync()");
        durable.Put("failed as text", OrchestrationRuntimeStatus.Failed, output: $"\"{text}\"");
        durable.Put("terminated", OrchestrationRuntimeStatus.Terminated, output: "\"no longer needed\"");
        durable.Put("by a tool", OrchestrationRuntimeStatus.Terminated, output: "by hand");

        Assert.Equal(("7", "\"done\"", null), await ReadAsync("completed"));
        Assert.Equal((null, null, "the disk is full"), await ReadAsync("failed"));
        Assert.Equal((null, null, "round 1 failed: no quorum"), await ReadAsync("failed in Azure Storage"));
        Assert.Equal((null, null, "round 1 failed: no quorum"), await ReadAsync("failed as text"));
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

    [Theory]
    [InlineData("{\"NextPartitionKey\":\"1!8!ZmVk\",\"NextRowKey\":\"ü\"} ")]
    [InlineData("next page ")]
    public async Task A_pages_token_goes_into_an_address_as_it_is_and_leads_on(string durableToken)
    {
        var paged = new FakeClient { Pages = [(durableToken, [Instance("a", "Main", 1)]), (null, [Instance("b", "Main", 2)])] };
        var first = await For(paged).GetInstancesAsync(new Port.OrchestrationQuery(), Cancel);
        Assert.Matches("^[A-Za-z0-9_-]+$", first.ContinuationToken);
        var last = await For(paged).GetInstancesAsync(new Port.OrchestrationQuery(ContinuationToken: first.ContinuationToken), Cancel);
        Assert.Equal("b", Assert.Single(last.Instances).InstanceId);

        // One that was changed on its way is none.
        foreach (var index in Enumerable.Range(0, first.ContinuationToken!.Length))
        {
            var changed = first.ContinuationToken.Remove(index, 1).Insert(index, first.ContinuationToken[index] == 'A' ? "B" : "A");
            await Assert.ThrowsAsync<ArgumentException>(
                () => For(paged).GetInstancesAsync(new Port.OrchestrationQuery(ContinuationToken: changed), Cancel));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("not base64!")]
    [InlineData("AAAAAAAA")]
    [InlineData("{\"NextPartitionKey\":\"x\"}")]
    public async Task A_token_that_no_page_ended_with_is_refused(string token) => await Assert.ThrowsAsync<ArgumentException>(
        () => Client.GetInstancesAsync(new Port.OrchestrationQuery(ContinuationToken: token), Cancel));

    [Fact]
    public async Task Waiting_for_who_is_not_there_is_refused() =>
        await Assert.ThrowsAsync<KeyNotFoundException>(() => Client.WaitForInstanceCompletionAsync("nobody", Cancel));

    private static DurableOrchestrationClient For(FakeClient durable, TimeProvider? time = null) =>
        new(() => durable, exception => exception is SocketException, new OrchestrationVersion("7"), time ?? TimeProvider.System);

    private static Task Ask(DurableOrchestrationClient client, string request) => request.Split(' ') switch
    {
        ["terminate", var reason] => client.TerminateInstanceAsync("fed", reason, Cancel),
        ["suspend", var reason] => client.SuspendInstanceAsync("fed", reason, Cancel),
        [_, var reason] => client.ResumeInstanceAsync("fed", reason, Cancel),
        _ => throw new ArgumentException(request),
    };

    private static OrchestrationMetadata Instance(string id, string name, int day) =>
        new(name, id) { CreatedAt = new DateTimeOffset(2026, 1, day, 0, 0, 0, TimeSpan.Zero) };
}
