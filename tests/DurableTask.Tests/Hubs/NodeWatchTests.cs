using FlDurable.DurableTask.Hubs;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlDurable.DurableTask.Tests.Hubs;

public sealed class NodeWatchTests
{
    private static readonly HubNode Self = new("self", "1", []);
    private static readonly HubQueue Read = new("control", "self", TimeSpan.FromSeconds(20), IsShared: false, Messages: 1, OldestWaits: TimeSpan.Zero);

    private readonly Place place = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Unread => ["no owner", "a silent owner", "a message that waits"];

    [Theory]
    [MemberData(nameof(Unread))]
    public async Task A_node_ends_when_a_partition_is_found_unread_at_many_looks_in_a_row(string what)
    {
        place.Queue = What(what);
        var watch = Watch();
        await LookAsync(watch, NodeWatch.MostUnread - 1);
        Assert.StartsWith("nobody reads queue 'control' of the task hub: ", await watch.TryLookAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hub_that_can_not_be_reached_ends_no_node_and_is_looked_at_again()
    {
        var watch = Watch();
        place.Queue = What("no owner");
        await LookAsync(watch, NodeWatch.MostUnread - 1);
        place.Failure = new TaskHubException("task hub 'hub' can't be reached");
        await LookAsync(watch, 2 * NodeWatch.MostUnread);
        place.Failure = null;
        Assert.NotNull(await watch.TryLookAsync(Cancel));
    }

    [Fact]
    public async Task A_node_that_is_told_to_stop_does_so_whatever_the_hub_answers_then()
    {
        using var stopping = new CancellationTokenSource();
        place.Announcing = stopping.Cancel;
        place.Failure = new InvalidOperationException("Operation cancelled by user."); // as a database says
        Assert.Null(await Watch().TryLookAsync(stopping.Token));
    }

    [Theory]
    [MemberData(nameof(Unread))]
    public async Task It_goes_on_when_the_partition_is_read_in_between(string what)
    {
        var watch = Watch();
        for (var times = 0; times < 3; times++)
        {
            place.Queue = What(what);
            await LookAsync(watch, NodeWatch.MostUnread - 1);
            place.Queue = Read;
            await LookAsync(watch, 1);
        }
    }

    [Fact]
    public async Task It_goes_on_while_other_messages_come_first_or_another_s_wait_or_all_nodes_are_busy()
    {
        var watch = Watch();
        for (var look = 0; look < 2 * NodeWatch.MostUnread; look++)
        {
            place.Queue = Read with { NeverRead = $"message {look}" };
            await LookAsync(watch, 1);
        }

        place.Queue = Read with { Owner = "other", NeverRead = "message" };
        await LookAsync(watch, 2 * NodeWatch.MostUnread);
        place.Queue = Read with { Owner = null, IsShared = true, NeverRead = "message" };
        await LookAsync(watch, 2 * NodeWatch.MostUnread);
    }

    [Fact]
    public async Task A_node_that_stood_still_and_comes_back_beside_an_older_one_that_differs_ends_and_the_older_one_stays()
    {
        var (older, newer) = (new HubNode("z-1-0001", "1", ["strategy fedavg"]), new HubNode("a-1-0002", "1", ["strategy own"]));
        place.Nodes = [newer, older];
        Assert.Null(await Watch(older).TryLookAsync(Cancel));
        Assert.StartsWith(
            "this node lacks strategy fedavg, which node z-1-0001 has; node z-1-0001 lacks strategy own, which this node has: ",
            await Watch(newer).TryLookAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_that_differ_and_start_at_once_one_joins_and_the_other_leaves_nothing()
    {
        var (older, newer) = (new HubNode("z-1-0001", "1", ["strategy fedavg"]), new HubNode("a-1-0002", "1", []));
        place.Nodes = [newer, older];
        await Watch(older).JoinAsync(Cancel);
        Assert.Empty(place.Withdrawn);
        await Assert.ThrowsAsync<TaskHubException>(() => Watch(newer).JoinAsync(Cancel));
        Assert.Equal([newer.Name], place.Withdrawn);
    }

    [Fact]
    public void A_name_that_is_given_later_is_a_newer_node_s()
    {
        var first = new HubNode(HubNode.NewName(), "1", []);
        HubNode next;
        do
            next = new HubNode(HubNode.NewName(), "1", []);
        while (next.Name[..^20] == first.Name[..^20]); // in the same millisecond
        Assert.True(first.IsOlderThan(next));
        Assert.False(next.IsOlderThan(first));
    }

    [Fact]
    public async Task Nodes_that_have_been_dead_for_a_day_are_forgotten_when_another_joins()
    {
        await Watch().JoinAsync(Cancel);
        Assert.Equal(TimeSpan.FromDays(1), place.Forgotten);
    }

    private static HubQueue What(string what) => what switch
    {
        "no owner" => Read with { Owner = null, LeaseEndsIn = null },
        "a silent owner" => Read with { Owner = "other", LeaseEndsIn = TimeSpan.FromSeconds(-1) },
        _ => Read with { NeverRead = "message" },
    };

    private static async Task LookAsync(NodeWatch watch, int times)
    {
        for (var look = 0; look < times; look++)
            Assert.Null(await watch.TryLookAsync(Cancel));
    }

    private NodeWatch Watch(HubNode? self = null) => new(place, self ?? Self, NullLogger.Instance);

    private sealed class Place : ITaskHubPlace
    {
        public HubQueue Queue { get; set; } = Read;

        public IReadOnlyList<HubNode> Nodes { get; set; } = [Self];

        public List<string> Withdrawn { get; } = [];

        public TimeSpan? Forgotten { get; private set; }

        public Exception? Failure { get; set; }

        public Action Announcing { get; set; } = () => { };

        public Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task AnnounceAsync(HubNode node, CancellationToken cancellationToken)
        {
            Announcing();
            return Failure is null ? Task.CompletedTask : Task.FromException(Failure);
        }

        public Task WithdrawAsync(string node, CancellationToken cancellationToken)
        {
            Withdrawn.Add(node);
            return Task.CompletedTask;
        }

        public Task ForgetAsync(TimeSpan silence, CancellationToken cancellationToken)
        {
            Forgotten = silence;
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<HubNode>> ReadNodesAsync(CancellationToken cancellationToken) => Task.FromResult(Nodes);

        public Task<IReadOnlyList<HubQueue>> ReadQueuesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<HubQueue>>([Queue]);

        public Task DrainAsync(string instanceId, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
