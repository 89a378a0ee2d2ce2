using FlDurable.DurableTask.Hubs;
using FlDurable.DurableTask.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.DurableTask.Tests.Hubs;

/// <summary>Several nodes on one hub in Azure Storage. They are in this process, and so have the same machine's name and process id.</summary>
public sealed class NodesTests(StorageFixture storage) : IAsyncDisposable
{
    private static readonly OrchestratorDescriptor<int, int> Federation = new("Federation");
    private static readonly OrchestratorDescriptor<int, int> Round = new("Round");
    private static readonly ActivityDescriptor<int, int> Train = new("Train");

    private readonly List<ServiceProvider> nodes = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public async Task Nodes_of_one_machine_and_process_id_own_partitions_each_for_itself()
    {
        var hub = storage.NewHub() with { Partitions = 2 };
        var first = await StartAsync(hub);
        var second = await StartAsync(hub);
        Assert.Equal(2, (await first.ReadNodesAsync(Cancel)).Select(node => node.Name).Distinct(StringComparer.Ordinal).Count());
        IReadOnlyList<HubQueue> queues;
        do
            queues = await second.ReadQueuesAsync(Cancel);
        while (queues.Where(queue => !queue.IsShared).Select(queue => queue.Owner).Where(owner => owner is not null).Distinct(StringComparer.Ordinal).Count() < 2);
        Assert.Equal(2, queues.Count(queue => !queue.IsShared && queue.LeaseEndsIn > TimeSpan.Zero));
    }

    [Fact]
    public async Task A_node_that_can_not_do_what_another_can_is_refused_and_named()
    {
        var hub = storage.NewHub();
        await StartAsync(hub, "strategy fedavg", "strategy own");
        var lacking = await Assert.ThrowsAsync<TaskHubException>(() => StartAsync(hub, "strategy fedavg"));
        Assert.Matches("^this node lacks strategy own, which node .+ has: all nodes of a task hub must be of one build", lacking.Message);
        var having = await Assert.ThrowsAsync<TaskHubException>(() => StartAsync(hub, "strategy fedavg", "strategy other", "strategy own"));
        Assert.Matches("^node .+ lacks strategy other, which this node has: ", having.Message);
        var other = await StartAsync(hub, "strategy own", "strategy fedavg");
        Assert.Equal(2, (await other.ReadNodesAsync(Cancel)).Count);
    }

    [Fact]
    public async Task Of_three_nodes_the_one_without_a_strategy_is_named_and_takes_nothing_of_what_the_others_are_asked_for()
    {
        var hub = storage.NewHub() with { Partitions = 3 };
        string[] whole = ["strategy fedavg", "strategy own"];
        var lackingTook = 0;
        var looking = await StartAsync(hub, whole);
        await StartAsync(hub, whole);
        var client = nodes[0].GetRequiredService<IOrchestrationClient>();
        var refused = Assert.ThrowsAsync<TaskHubException>(() => StartAsync(
            new OrchestrationVersion("1"), hub, (input, _) => Task.FromResult(Interlocked.Increment(ref lackingTook) + input), "strategy fedavg"));
        for (var each = 0; each < 20; each++)
            Assert.True(await client.ScheduleNewOrchestrationInstanceAsync(Federation, each, $"fed-{each}", Cancel));
        Assert.StartsWith("this node lacks strategy own, which node ", (await refused).Message, StringComparison.Ordinal);
        for (var each = 0; each < 20; each++)
            Assert.Equal($"{each}", (await client.WaitForInstanceCompletionAsync($"fed-{each}", Cancel)).SerializedOutput);

        Assert.Equal(0, lackingTook);
        var names = nodes[..2].Select(node => node.GetRequiredService<TaskHub>().Node).ToList();
        Assert.Equal(names.Order(StringComparer.Ordinal), (await looking.ReadNodesAsync(Cancel)).Select(node => node.Name).Order(StringComparer.Ordinal));
        Assert.All(
            (await looking.ReadQueuesAsync(Cancel)).Where(queue => !queue.IsShared && queue.Owner is not null), queue => Assert.Contains(queue.Owner, names));
    }

    [Fact]
    public async Task Nodes_that_have_been_silent_are_forgotten_and_those_that_have_not_are_kept()
    {
        var hub = await StartAsync(storage.NewHub());
        await hub.Place.ForgetAsync(TimeSpan.FromHours(1), Cancel);
        Assert.Single(await hub.ReadNodesAsync(Cancel));
        await hub.Place.ForgetAsync(TimeSpan.FromHours(-1), Cancel);
        Assert.Empty(await hub.ReadNodesAsync(Cancel));
    }

    [Fact]
    public async Task A_node_of_another_version_may_differ()
    {
        var hub = storage.NewHub();
        await StartAsync(hub, "strategy fedavg");
        Assert.Equal(["1", "2"], (await (await StartAsync("2", hub)).ReadNodesAsync(Cancel)).Select(node => node.Version).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_node_that_stops_is_gone_from_the_nodes_and_owns_nothing_and_messages_that_wait_have_an_age()
    {
        var hub = storage.NewHub();
        var looking = await StartAsync(hub);
        await nodes[0].GetRequiredService<HubWorker>().StopAsync();
        Assert.Empty(await looking.ReadNodesAsync(Cancel));
        await nodes[0].GetRequiredService<IOrchestrationClient>().ScheduleNewOrchestrationInstanceAsync(
            new OrchestratorDescriptor<int, int>("Main"), 1, "waits", Cancel);
        var queues = await looking.ReadQueuesAsync(Cancel);
        var control = Assert.Single(queues, queue => !queue.IsShared);
        Assert.Equal((null, 1, true), (control.Owner, control.Messages, control.OldestWaits >= TimeSpan.Zero));
        Assert.Equal("no node is at work on the task hub; start one: fldurable node", await WaitingAsync());
        Assert.Equal([await WaitingAsync()], (await nodes[0].GetRequiredService<IOrchestrationClient>().GetInstancesAsync(new OrchestrationQuery(), Cancel)).Instances.Select(instance => instance.Waiting));
        await StartAsync(hub);
        Assert.Null(await WaitingAsync());

        async Task<string?> WaitingAsync() => (await nodes[0].GetRequiredService<IOrchestrationClient>().GetInstanceAsync("waits", Cancel))!.Waiting;
    }

    [Fact]
    public async Task What_a_node_was_doing_when_it_is_told_to_stop_another_begins_long_before_a_lock_would_end()
    {
        var hub = storage.NewHub() with { LockTimeout = TimeSpan.FromMinutes(1) };
        var begun = new SemaphoreSlim(0);
        await StartAsync(new OrchestrationVersion("1"), hub, TrainAsync);
        await nodes[0].GetRequiredService<IOrchestrationClient>().ScheduleNewOrchestrationInstanceAsync(Federation, 1, "fed", Cancel);
        await begun.WaitAsync(Cancel);
        await StartAsync(new OrchestrationVersion("1"), hub, TrainAsync);
        var stopping = nodes[0].GetRequiredService<HubWorker>().StopAsync();
        Assert.True(await begun.WaitAsync(TimeSpan.FromSeconds(50), Cancel));
        await stopping;

        async Task<int> TrainAsync(int input, CancellationToken cancel)
        {
            begun.Release();
            await Task.Delay(Timeout.Infinite, cancel);
            return input;
        }
    }

    /// <summary>
    /// Federations as an older build has left them, in the middle of an activity of a child.
    /// </summary>
    [Fact]
    public async Task What_nodes_of_an_older_version_have_begun_is_taken_over_when_they_are_gone_and_nothing_is_left_of_it()
    {
        var hub = storage.NewHub() with { Partitions = 1 };
        var begun = new SemaphoreSlim(0);
        await StartAsync(new OrchestrationVersion("1"), hub, async (input, cancel) =>
        {
            begun.Release();
            await Task.Delay(Timeout.Infinite, cancel);
            return input;
        });
        var older = nodes[0].GetRequiredService<IOrchestrationClient>();
        for (var each = 0; each < 4; each++)
            Assert.True(await older.ScheduleNewOrchestrationInstanceAsync(Federation, each, $"fed-{each}", Cancel));
        for (var each = 0; each < 4; each++)
            await begun.WaitAsync(Cancel);

        var newer = await StartAsync(new OrchestrationVersion("2") { TakesOver = ["1"] }, hub, (input, _) => Task.FromResult(input + 10));
        await nodes[0].GetRequiredService<HubWorker>().StopAsync();
        var client = nodes[1].GetRequiredService<IOrchestrationClient>();
        for (var each = 0; each < 4; each++)
        {
            var end = await client.WaitForInstanceCompletionAsync($"fed-{each}", Cancel);
            Assert.Equal($"{each + 10}", end.SerializedOutput);
        }

        // Its activities that were handed back are done by nobody, and its children have ended.
        while ((await newer.ReadQueuesAsync(Cancel)).Any(queue => queue is { IsShared: true, Messages: > 0 }))
            await Task.Delay(TimeSpan.FromMilliseconds(100), Cancel);
        for (var each = 0; each < 4; each++)
            Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await client.WaitForInstanceCompletionAsync($"fed-{each}:1-round", Cancel)).RuntimeStatus);
    }

    private Task<TaskHub> StartAsync(AzureStorageHub hub, params string[] vocabulary) => StartAsync("1", hub, vocabulary);

    private Task<TaskHub> StartAsync(string version, AzureStorageHub hub, params string[] vocabulary) =>
        StartAsync(new OrchestrationVersion(version), hub, (input, _) => Task.FromResult(input), vocabulary);

    private async Task<TaskHub> StartAsync(
        OrchestrationVersion version, AzureStorageHub hub, Func<int, CancellationToken, Task<int>> train, params string[] vocabulary)
    {
        var node = new ServiceCollection().AddSingleton(version)
            .AddActivityFunc(Train, train)
            .AddOrchestratorFunc(Federation, (context, input) => context.CallSubOrchestratorAsync(Round, input, $"{context.InstanceId}:{context.Version}-round"))
            .AddOrchestratorFunc(Round, (context, input) => context.CallActivityAsync(Train, input))
            .AddTaskHub(hub.Open, _ => vocabulary).BuildServiceProvider();
        nodes.Add(node);
        await node.GetRequiredService<HubWorker>().StartAsync(Cancel);
        return node.GetRequiredService<TaskHub>();
    }
}
