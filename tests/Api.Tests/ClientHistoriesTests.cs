using FlDurable.Shared.Records;

namespace FlDurable.Api.Tests;

/// <summary>What is shown of clients over rounds.</summary>
public sealed class ClientHistoriesTests
{
    [Fact]
    public void Those_come_first_that_are_missing_then_those_that_are_slow_then_those_that_take_longest_in_whatever_order_rounds_are_read()
    {
        var histories = new ClientHistories.Builder();
        histories.Add(Round(6, [("quick", 1), ("steady", 1.5), ("slow", 4.5)], "lost"));
        histories.Add(Round(5, [("quick", 1), ("steady", 1.5), ("slow", 1), ("lost", 0.5)], "gone"));

        var all = histories.Build(mostClients: 10);
        var some = histories.Build(mostClients: 2);

        Assert.Equal((5, 6, 5, 5), (all.FirstRound, all.LastRound, all.ClientCount, some.ClientCount));
        Assert.Equal(["lost", "gone", "slow", "steady", "quick"], all.Clients.Select(client => client.Client));
        Assert.Equal(["lost", "gone"], some.Clients.Select(client => client.Client));
        AssertIs(all.Clients[0], rounds: [5], seconds: [0.5], slow: [], missing: [6]);
        AssertIs(all.Clients[1], rounds: [], seconds: [], slow: [], missing: [5]);
        AssertIs(all.Clients[2], rounds: [5, 6], seconds: [1, 4.5], slow: [6], missing: []);
    }

    [Fact]
    public void A_client_that_has_more_images_than_others_in_a_short_round_is_not_slow()
    {
        var histories = new ClientHistories.Builder();
        histories.Add(Round(1, [("few", 0.04), ("some", 0.05), ("many", 0.4)], "lost"));

        Assert.All(histories.Build(mostClients: 10).Clients, client => Assert.Empty(client.Slow));
    }

    [Fact]
    public void Of_no_round_there_is_no_client()
    {
        var none = new ClientHistories.Builder().Build(mostClients: 10);

        Assert.Equal((null, null, 0), (none.FirstRound, none.LastRound, none.ClientCount));
        Assert.Empty(none.Clients);
    }

    private static void AssertIs(ClientHistory client, int[] rounds, double[] seconds, int[] slow, int[] missing)
    {
        Assert.Equal(rounds, client.Rounds);
        Assert.Equal(seconds, client.Seconds);
        Assert.Equal(slow, client.Slow);
        Assert.Equal(missing, client.Missing);
    }

    private static RoundRecord Round(int round, IReadOnlyList<(string Client, double Seconds)> clients, string missing) => new()
    {
        Round = round,
        Seconds = 1,
        ParametersSha256 = "",
        Engine = "none",
        DatasetDigest = "",
        Participants = [.. clients.Select(client => new RoundParticipant { Client = client.Client, Seconds = client.Seconds })],
        Failures = [new ClientFailure(missing, "TrainClient", "why")],
    };
}
