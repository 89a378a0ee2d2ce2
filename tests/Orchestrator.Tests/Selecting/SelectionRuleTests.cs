using CsCheck;
using FlDurable.Orchestrator.Selecting;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Selecting;

/// <summary>Who is chosen, rule by rule.</summary>
public sealed class SelectionRuleTests
{
    private static readonly string[] Names = ["uniform", "examples", "roundrobin", "speed"];

    [Fact]
    public void Every_rule_chooses_as_many_as_are_asked_for_each_once_and_the_same_again() =>
        Gen.Select(Gen.Int[0, 3].Select(index => Names[index]), Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 1000])
            .Where((_, clients, count, _) => count <= clients)
            .Sample((name, clients, count, round) =>
            {
                var chosen = Choose(name, clients, count, round);
                Assert.Equal(count, chosen.Distinct().Count());
                Assert.All(chosen, place => Assert.InRange(place, 0, clients - 1));
                Assert.Equal(chosen, Choose(name, clients, count, round));
            });

    [Fact]
    public void In_turn_all_have_been_chosen_equally_often_after_as_many_rounds_as_there_are_clients()
    {
        var chosen = Enumerable.Range(1, 7).SelectMany(round => Choose("roundrobin", clients: 7, count: 3, round)).ToList();

        Assert.Equal([0, 1, 2], chosen[..3]);
        Assert.Equal([6, 0, 1], chosen[6..9]);
        Assert.All(chosen.CountBy(place => place), client => Assert.Equal(3, client.Value));
    }

    /// <summary>Of clients with 1, 2 and 7 examples each is chosen alone in as many of 10 rounds: 4 σ of 3,000.</summary>
    [Fact]
    public void By_examples_a_client_is_chosen_in_proportion_to_what_it_has()
    {
        const int rounds = 3000;
        var counts = Enumerable.Range(1, rounds).Select(round => Assert.Single(Choose("examples", 3, 1, round, examples: [1, 2, 7])))
            .CountBy(place => place).ToDictionary();

        foreach (var (place, share) in (double[])[0.1, 0.2, 0.7] is var shares ? shares.Index() : [])
            Assert.InRange(counts[place], rounds * share - (4 * Math.Sqrt(rounds * share * (1 - share))), rounds * share + (4 * Math.Sqrt(rounds * share * (1 - share))));
    }

    [Fact]
    public void By_speed_newcomers_come_first_then_the_highest_scores_and_who_failed_of_late_last()
    {
        var speeds = new ClientSpeeds(
        [
            new("client-0", [1], 0, 0, Score: 5), new("client-1", [1], 0, Penalty: 2, Score: 100), new("client-2", [1], 0, 0, Score: 9),
            new("client-3", [], 0, Penalty: 1), new("client-4", [1], 0, 0, Score: 9),
        ]);

        Assert.Equal([5, 2, 4, 0, 3, 1], Choose("speed", clients: 6, count: 6, round: 9, speeds));
        Assert.Equal([5, 2], Choose("speed", clients: 6, count: 2, round: 9, speeds));
    }

    [Fact]
    public void By_speed_newcomers_are_in_no_order_of_their_own() =>
        Assert.NotEqual(Choose("speed", clients: 20, count: 20, round: 1), Choose("speed", clients: 20, count: 20, round: 2));

    private static List<int> Choose(string name, int clients, int count, int round, ClientSpeeds? speeds = null, int[]? examples = null)
    {
        var nothing = new ArtifactReference("datasets/digest/nothing.bin", 0, "");
        var all = Enumerable.Range(0, clients).Select(index => new ClientPartition(index, $"client-{index}", nothing, examples?[index] ?? 10, 0)).ToList();
        var rule = new SelectionRegistry().For(new FederationSpec { Selection = name });
        return [.. rule.Choose(new SelectionRound(round, count, all, new RandomStream(42, RandomPurpose.FitSelection, round), speeds ?? ClientSpeeds.None))];
    }
}
