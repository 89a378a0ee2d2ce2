using FlDurable.Orchestrator.Selecting;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Tests.Selecting;

/// <summary>Apodotiko's score, worked by hand: 100 examples in 2 epochs of batches of 10 are 20 steps, so that 4 seconds are 500.</summary>
public sealed class ClientSpeedsTests
{
    [Fact]
    public void A_score_is_examples_times_steps_by_seconds() =>
        Assert.Equal(500, Assert.Single(After(ClientSpeeds.None, Record(Trained("client-0", seconds: 4))).Clients).Score);

    [Fact]
    public void Older_rounds_count_for_less_and_only_five_are_remembered()
    {
        var speeds = ClientSpeeds.None;
        foreach (var seconds in (double[])[1, 2, 4, 8, 16, 32])
            speeds = After(speeds, Record(Trained("client-0", seconds)));

        var speed = Assert.Single(speeds.Clients);
        Assert.Equal([62.5, 125, 250, 500, 1000], speed.Scores);
        Assert.Equal((62.5 + (0.8 * 125) + (0.64 * 250) + (0.512 * 500) + (0.4096 * 1000)) / (1 + 0.8 + 0.64 + 0.512 + 0.4096), speed.Score!.Value, 1e-9);
    }

    [Fact]
    public void Who_is_not_chosen_gains_a_fifth_a_round_until_it_is()
    {
        var speeds = After(ClientSpeeds.None, Record(Trained("client-0", 4)), Record(), Record());
        Assert.Equal(500 * 1.44, Assert.Single(speeds.Clients).Score!.Value, 1e-9);

        Assert.Equal(500, Assert.Single(After(speeds, Record(Trained("client-0", 4))).Clients).Score);
    }

    [Fact]
    public void Who_fails_is_out_for_five_rounds_and_keeps_what_was_measured()
    {
        var failed = Record(Trained("client-0", 4)) with { Participants = [], Failures = [new ClientFailure("client-0", "TrainClient", "gone")] };
        var speeds = After(ClientSpeeds.None, Record(Trained("client-0", 4)), failed);
        var penalties = new List<int>();
        for (var round = 0; round < 6; round++)
        {
            penalties.Add(Assert.Single(speeds.Clients).Penalty);
            speeds = After(speeds, Record());
        }

        Assert.Equal([5, 4, 3, 2, 1, 0], penalties);
        Assert.Equal([500], Assert.Single(speeds.Clients).Scores);
    }

    [Fact]
    public void Who_only_evaluated_or_failed_at_that_was_not_chosen_to_train()
    {
        var record = Record(new RoundParticipant { Client = "client-0", EvaluateExamples = 5, Seconds = 1 }) with { Failures = [new ClientFailure("client-1", "EvaluateClient", "gone")] };

        Assert.Empty(After(ClientSpeeds.None, record).Clients);
    }

    private static ClientSpeeds After(ClientSpeeds speeds, params IEnumerable<RoundRecord> rounds) =>
        rounds.Aggregate(speeds, (before, round) => before.After(round, [new RoundClients(round.Participants, round.Failures)]));

    private static RoundParticipant Trained(string client, double seconds) => new() { Client = client, Examples = 100, Seconds = seconds };

    private static RoundRecord Record(params RoundParticipant[] participants) => new()
    {
        Round = 1,
        Seconds = 1,
        ParametersSha256 = "",
        Engine = "none",
        DatasetDigest = "digest",
        Plan = new TrainingPlan(2, 10, "sgd", 0.1, 0, 0),
        Participants = participants,
        Failures = [],
    };
}
