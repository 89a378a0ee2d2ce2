using FlDurable.LocalHost.State;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Tests.State;

/// <summary>What is said of clients that keep a round waiting.</summary>
public sealed class LateClientsTests
{
    private static readonly ClientsInProgress Clients = new(9, 5, 0, 4, [], ["client-5", "client-6", "hospital-7", "client-8"])
    {
        Slow = [new SlowClients(["client-5"], 43.9, 2.14), new SlowClients(["client-6", "client-8"], 8.2, 2.14)],
        Silent = [new SilentWorker(["hospital-7"], "hospital-7", 24), new SilentWorker(["client-8"], "gpu-1", 150), new SilentWorker(["client-8"], Worker: null, Seconds: null)],
    };

    [Fact]
    public void Slow_clients_and_silent_workers_are_named_with_for_how_long() => Assert.Equal(
        [
            "client-5 is slow: at work for 43 s, the others took 2.1 s",
            "client-6, client-8 are slow: at work for 8 s, other cohorts took 2.1 s",
            "no sign of life of the worker of hospital-7 for 24 s",
            "no sign of life of the worker of gpu-1 for 2 min, which is to do client-8",
            "no sign of life of any worker of the pool, which is to do client-8",
        ],
        StatusCommand.DescribeLate(Clients, inTens: false));

    [Fact]
    public void Whoever_watches_is_told_each_ten_seconds()
    {
        var round = new RoundInProgress { Round = 3, Attempt = 1, Step = "training", Since = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero), Clients = Clients };

        Assert.StartsWith(
            "round 3: training since 12:00:00 UTC; 5 of 9 clients done, waiting for client-5, client-6, hospital-7, client-8; client-5 is slow: at work for 40 s, the others took 2.1 s; "
            + "client-6, client-8 are slow: at work for 8 s",
            StatusCommand.Describe(round, inTens: true), StringComparison.Ordinal);
    }

    /// <summary>What is seen while nobody is at work says nothing of clients and workers.</summary>
    [Fact]
    public void Without_a_process_at_work_nobody_is_slow_or_silent()
    {
        var round = new RoundInProgress { Round = 3, Attempt = 1, Step = "training", Since = default, Clients = Clients };

        var seen = new Liveness(IsAtWork: false, Sign: null).Of(round)!.Clients!;

        Assert.Null(seen.Slow);
        Assert.Null(seen.Silent);
        Assert.Equal(5, seen.Succeeded);
        Assert.Same(round, new Liveness(IsAtWork: true, Sign: null).Of(round));
    }
}
