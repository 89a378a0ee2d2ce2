using FlDurable.Orchestrator.Selecting;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Selecting;

/// <summary>Selection by speed, as the activity does it.</summary>
public sealed class SpeedSelectionTests
{
    private static readonly FederationSpec BySpeed = new() { Clients = 6, FractionFit = 0.34, FractionEvaluate = 0, Selection = "speed" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_round_follows_from_the_records_before_it_and_is_the_same_however_often_it_is_selected()
    {
        using var federation = await TemporaryFederation.CreateAsync(BySpeed);
        var chosen = new List<string>();
        for (var round = 1; round <= 5; round++)
        {
            var first = await ReadAsync(federation, round);
            await federation.Store.DeleteAsync(ArtifactNames.Selection("fed", round), Cancel);
            await federation.Store.DeleteAsync(ArtifactNames.Speeds("fed", round), Cancel);
            Assert.Equal(first, await ReadAsync(federation, round));
            chosen.AddRange(first);

            // Each is twice as fast as the one before it, which is more than two missed rounds make up for.
            await PutRecordAsync(federation, round, [.. first.Select(client => new RoundParticipant { Client = client, Examples = 100, Seconds = Math.Pow(2, -(client[^1] - '0')) })]);
        }

        Assert.Equal(6, chosen[..6].Distinct().Count());
        Assert.Equal(["client-4", "client-5"], chosen[6..8].Order());
        Assert.Equal(100 * (100.0 / 32) * 32, (await SpeedsAsync(federation, 4)).Clients.Single(speed => speed.Client == "client-5").Scores[0], 1e-9);
    }

    [Fact]
    public async Task What_speeds_a_round_was_selected_by_goes_once_the_next_is_recorded_and_no_sooner()
    {
        using var federation = await TemporaryFederation.CreateAsync(BySpeed);
        await ReadAsync(federation, 1);
        await PutRecordAsync(federation, 1);
        await CleanUpAsync(federation, 1);
        Assert.NotNull(await federation.Store.FindAsync(ArtifactNames.Speeds("fed", 1), Cancel));

        await ReadAsync(federation, 2);
        await PutRecordAsync(federation, 2);
        await CleanUpAsync(federation, 2);

        Assert.Null(await federation.Store.FindAsync(ArtifactNames.Speeds("fed", 1), Cancel));
        Assert.NotNull(await federation.Store.FindAsync(ArtifactNames.Speeds("fed", 2), Cancel));
    }

    [Fact]
    public async Task Other_rules_measure_nothing()
    {
        using var federation = await TemporaryFederation.CreateAsync(BySpeed with { Selection = "roundrobin" });

        Assert.Equal(["client-0", "client-1"], await ReadAsync(federation, 1));
        Assert.Null(await federation.Store.FindAsync(ArtifactNames.Speeds("fed", 1), Cancel));
    }

    private static async Task<IReadOnlyList<string>> ReadAsync(TemporaryFederation federation, int round)
    {
        var selection = await federation.Store.ReadJsonAsync<Selection>((await federation.SelectAsync(round)).Selection, Cancel);
        return [.. selection.Fit.Select(client => client.Client)];
    }

    private static Task<ClientSpeeds> SpeedsAsync(TemporaryFederation federation, int round) =>
        federation.Store.FindJsonAsync<ClientSpeeds>(ArtifactNames.Speeds("fed", round), Cancel)!;

    private static async Task CleanUpAsync(TemporaryFederation federation, int round) => await new Orchestrator.ServerActivities.CleanUpRound(federation.Store)
        .RunAsync(new CleanUpRoundInput(federation.SpecReference, round), Cancel);

    private static Task PutRecordAsync(TemporaryFederation federation, int round, params RoundParticipant[] participants) => federation.Store.PutJsonAsync(
        ArtifactNames.Record("fed", round),
        new RoundRecord
        {
            Round = round,
            Seconds = 1,
            ParametersSha256 = "any",
            Engine = "none",
            DatasetDigest = "digest",
            Plan = TrainingPlan.Of(federation.Spec, round),
            Participants = participants,
            Failures = [],
        },
        Cancel);
}
