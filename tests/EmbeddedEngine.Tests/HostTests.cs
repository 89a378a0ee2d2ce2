using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;

namespace FlDurable.EmbeddedEngine.Tests;

/// <summary>What a host does to instances.</summary>
public sealed class HostTests : IAsyncLifetime
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("Main");
    private static readonly OrchestratorDescriptor<int, string> Other = new("Other");
    private static readonly ActivityDescriptor<int, int> Echo = new("Echo");

    private readonly TestFolder folder = new();
    private TestEngine engine = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => engine = await TestEngine.StartAsync(folder, services => services
        .AddActivityFunc(Echo, (x, _) => Task.FromResult(x))
        .AddOrchestratorFunc(Other, (_, x) => Task.FromResult($"{x}"))
        .AddOrchestratorFunc(Main, async (context, x) =>
        {
            await context.WaitForExternalEvent<int>("go on");
            return $"{await context.CallActivityAsync(Echo, x)}";
        }));

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task A_terminated_instance_is_over_with_the_reason_and_takes_nothing_more()
    {
        await engine.ScheduleAsync(Main, 1, "instance");
        await engine.Client.TerminateInstanceAsync("instance", "not needed", Cancellation);
        await engine.RaiseAsync("instance", "go on", 0);

        var instance = await engine.WaitAsync("instance");

        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "not needed"), (instance.RuntimeStatus, instance.FailureReason));
    }

    [Fact]
    public async Task A_parent_of_a_terminated_child_is_told()
    {
        var parent = new OrchestratorDescriptor<int, string>("Parent");
        using var own = new TestFolder();
        await using var second = await TestEngine.StartAsync(own, services => services
            .AddOrchestratorFunc(Main, (context, _) => context.WaitForExternalEvent<string>("never"))
            .AddOrchestratorFunc(parent, (context, x) => context.CallSubOrchestratorAsync(Main, x, "child")));
        await second.ScheduleAsync(parent, 1, "parent");
        await second.AtRestAsync();
        await second.Client.TerminateInstanceAsync("child", "not needed", Cancellation);

        Assert.Equal("Main failed: not needed", (await second.WaitAsync("parent")).Failure());
    }

    [Fact]
    public async Task A_suspended_instance_keeps_what_arrives_until_it_is_resumed()
    {
        await engine.ScheduleAsync(Main, 1, "instance");
        await engine.Client.SuspendInstanceAsync("instance", "a pause", Cancellation);
        await engine.RaiseAsync("instance", "go on", 0);
        await engine.AtRestAsync();
        var suspended = await engine.GetAsync("instance");
        await engine.Client.ResumeInstanceAsync("instance", "enough", Cancellation);

        Assert.Equal(OrchestrationRuntimeStatus.Suspended, suspended.RuntimeStatus);
        Assert.Equal("1", (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task A_suspended_instance_can_be_terminated()
    {
        await engine.ScheduleAsync(Main, 1, "instance");
        await engine.Client.SuspendInstanceAsync("instance", "a pause", Cancellation);
        await engine.Client.TerminateInstanceAsync("instance", "not needed", Cancellation);

        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await engine.WaitAsync("instance")).RuntimeStatus);
    }

    [Fact]
    public async Task Only_an_instance_that_is_over_is_purged_and_its_id_is_not_used_again()
    {
        await engine.ScheduleAsync(Main, 1, "running");
        await engine.RunAsync(Other, 1, "over");

        Assert.False(await engine.Client.PurgeInstanceAsync("running", Cancellation));
        Assert.False(await engine.Client.PurgeInstanceAsync("nobody", Cancellation));
        Assert.True(await engine.Client.PurgeInstanceAsync("over", Cancellation));
        Assert.False(await engine.Client.PurgeInstanceAsync("over", Cancellation));
        Assert.Null(await engine.Client.GetInstanceAsync("over", Cancellation));
        Assert.False(await engine.Client.ScheduleNewOrchestrationInstanceAsync(Other, 2, "over", Cancellation));
        Assert.Equal("running", Assert.Single((await engine.Client.GetInstancesAsync(new(), Cancellation)).Instances).InstanceId);
    }

    [Fact]
    public async Task Instances_are_listed_oldest_first_and_a_page_at_a_time()
    {
        for (var number = 0; number < 5; number++)
            await engine.RunAsync(Other, number, $"instance-{number}");

        var first = await engine.Client.GetInstancesAsync(new(PageSize: 2), Cancellation);
        var second = await engine.Client.GetInstancesAsync(new(PageSize: 2, ContinuationToken: first.ContinuationToken), Cancellation);
        var third = await engine.Client.GetInstancesAsync(new(PageSize: 2, ContinuationToken: second.ContinuationToken), Cancellation);

        Assert.Equal(
            (string[])["instance-0", "instance-1", "instance-2", "instance-3", "instance-4"],
            first.Instances.Concat(second.Instances).Concat(third.Instances).Select(instance => instance.InstanceId));
        Assert.Null(third.ContinuationToken);
    }

    [Fact]
    public async Task A_page_that_just_holds_the_rest_is_the_last()
    {
        await engine.RunAsync(Other, 1, "a");
        await engine.RunAsync(Other, 1, "b");

        Assert.Null((await engine.Client.GetInstancesAsync(new(PageSize: 2), Cancellation)).ContinuationToken);
    }

    [Fact]
    public async Task Instances_are_listed_by_state_prefix_and_orchestrator()
    {
        await engine.ScheduleAsync(Main, 1, "a-main");
        await engine.RunAsync(Other, 1, "a-other");
        await engine.RunAsync(Other, 1, "b%other");
        await engine.AtRestAsync();

        Assert.Equal((string[])["a-main"], await ListAsync(new([OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Failed])));
        Assert.Equal((string[])["a-main", "a-other"], await ListAsync(new(InstanceIdPrefix: "a-")));
        Assert.Equal((string[])["b%other"], await ListAsync(new(InstanceIdPrefix: "b%")));
        Assert.Equal((string[])["a-other"], await ListAsync(new(InstanceIdPrefix: "a", OrchestratorName: "Other")));
        Assert.Empty(await ListAsync(new([])));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1001, null)]
    [InlineData(10, "x")]
    public async Task A_page_size_or_token_that_is_none_is_refused(int pageSize, string? token) =>
        await Assert.ThrowsAsync<ArgumentException>(() => engine.Client.GetInstancesAsync(
            new(PageSize: pageSize, ContinuationToken: token), Cancellation));

    [Fact]
    public async Task Waiting_for_an_instance_that_never_was_is_refused() =>
        await Assert.ThrowsAsync<KeyNotFoundException>(() => engine.WaitAsync("nobody"));

    [Fact]
    public async Task Who_waits_is_told_when_the_engine_stops()
    {
        await engine.ScheduleAsync(Main, 1, "instance");
        var wait = engine.WaitAsync("instance");
        await engine.AtRestAsync();
        await engine.StopAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Fact]
    public async Task Who_waits_is_told_when_the_engine_breaks_down_and_the_next_goes_on_from_the_last_commit()
    {
        using var own = new TestFolder();
        var isFull = false;
        await using var broken = await TestEngine.StartAsync(
            own,
            services => services.AddOrchestratorFunc(Main, (context, _) => context.WaitForExternalEvent<string>("go on")),
            crashPoint: _ =>
            {
                if (isFull)
                    throw new IOException("no space left");
            });
        await broken.ScheduleAsync(Main, 1, "instance");
        var wait = broken.WaitAsync("instance");
        await broken.AtRestAsync();
        isFull = true;

        await Assert.ThrowsAsync<IOException>(() => broken.RaiseAsync("instance", "go on", "lost"));
        await Assert.ThrowsAsync<IOException>(() => wait);
        await using var next = await TestEngine.StartAsync(
            own, services => services.AddOrchestratorFunc(Main, (context, _) => context.WaitForExternalEvent<string>("go on")));
        await next.RaiseAsync("instance", "go on", "again");
        Assert.Equal("again", (await next.WaitAsync("instance")).Output<string>());
    }

    private async Task<IEnumerable<string>> ListAsync(OrchestrationQuery query) =>
        (await engine.Client.GetInstancesAsync(query, Cancellation)).Instances.Select(instance => instance.InstanceId);
}
