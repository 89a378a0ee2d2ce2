using FlDurable.Bench.Federations;
using FlDurable.Orchestrator.Durable;

namespace FlDurable.Bench.Tests;

/// <summary>
/// What <c>bench federation</c> measures, small, and but for the time. A measurement fails by itself when a client is not in a record.
/// </summary>
public sealed class FederationScaleTests
{
    [Fact]
    public async Task A_round_costs_the_same_however_many_came_before()
    {
        var figures = await MeasureAsync(clients: 10, rounds: 20, cohortSize: 1);

        // The first round follows the preparation, the others a round that is cleaned up.
        var rounds = figures.Rounds.Skip(1).ToList();
        Assert.Equal(19, rounds.Count);
        Assert.Single(rounds.Select(round => (round.HistoryEvents, round.ArtifactsWritten)).Distinct());
        Assert.All(rounds, round => Assert.InRange(round.BytesRead, 0.95 * rounds[0].BytesRead, 1.05 * rounds[0].BytesRead));
    }

    [Fact]
    public async Task What_a_client_costs_in_a_round_does_not_grow_with_their_number()
    {
        // Three leaves; and more leaves than one subtree has.
        var few = (await MeasureAsync(clients: 192, rounds: 1, cohortSize: 64)).Rounds[0];
        var many = await MeasureAsync(clients: 4_224, rounds: 1, cohortSize: 64);

        // The selection's tree has one level more.
        Assert.InRange(many.Rounds[0].BytesRead, 1, 22 * 1.5 * few.BytesRead);
        Assert.InRange(many.Rounds[0].HistoryEvents, 1, 22 * 1.1 * few.HistoryEvents);
        Assert.InRange(many.Rounds[0].ArtifactsWritten, 1, 22 * 1.1 * few.ArtifactsWritten);
        Assert.InRange(many.LargestMessageBytes, 1, IOrchestrationContext.MaxMessageBytes);
    }

    [Fact]
    public async Task What_is_read_of_a_client_is_no_more_where_manifest_and_record_have_parts()
    {
        var few = (await MeasureAsync(clients: 1_010, rounds: 1, cohortSize: 64)).Rounds[0];
        var many = (await MeasureAsync(clients: 10_100, rounds: 1, cohortSize: 64)).Rounds[0];

        Assert.InRange(many.BytesRead, 1, 10 * 1.3 * few.BytesRead);
    }

    [Fact]
    public async Task A_message_is_bounded_also_when_every_client_is_an_activity() => Assert.InRange(
        (await MeasureAsync(clients: 192, rounds: 1, cohortSize: 1)).LargestMessageBytes, 1, IOrchestrationContext.MaxMessageBytes);

    private static async Task<FederationFigures> MeasureAsync(int clients, int rounds, int cohortSize)
    {
        using var measurement = new FederationMeasurement(clients, rounds, cohortSize);
        return await measurement.RunAsync(TestContext.Current.CancellationToken);
    }
}
