using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Privacy;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.ServerActivities;

/// <summary>A round's activities where the server adds noise.</summary>
public sealed class PrivateRoundTests
{
    private static readonly FederationSpec Private = new() { Clients = 40, FractionFit = 0.25, Privacy = new PrivacyOptions(1, Clip: 2) };

    private static CancellationToken Cancel => TemporaryFederation.Cancel;

    [Fact]
    public async Task The_key_is_made_once()
    {
        using var federation = await TemporaryFederation.CreateAsync(Private);
        await federation.InitializeAsync();
        var key = await federation.Store.ReadPrivacyKeyAsync("fed", Cancel);
        await federation.InitializeAsync();

        Assert.Equal(key, await federation.Store.ReadPrivacyKeyAsync("fed", Cancel));
        Assert.Equal(SecretStream.KeyLength, key.Length);
        using var other = await TemporaryFederation.CreateAsync(Private);
        await other.InitializeAsync();
        Assert.NotEqual(key, await other.Store.ReadPrivacyKeyAsync("fed", Cancel));
    }

    [Fact]
    public async Task Without_privacy_there_is_no_key()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        await federation.InitializeAsync();

        Assert.Null(await federation.Store.FindAsync(ArtifactNames.PrivacyKey("fed"), Cancel));
    }

    [Fact]
    public async Task A_key_that_is_gone_once_a_round_is_recorded_is_not_made_anew()
    {
        using var federation = await TemporaryFederation.CreateAsync(Private);
        await federation.InitializeAsync();
        await federation.PutRecordAsync(0, "");
        await federation.Store.DeleteAsync(ArtifactNames.PrivacyKey("fed"), Cancel);
        await federation.InitializeAsync();

        Assert.Contains("privacy.key", (await Assert.ThrowsAsync<ArtifactMissingException>(() => federation.SelectAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_client_is_drawn_by_itself_and_another_key_draws_others()
    {
        using var one = await TemporaryFederation.CreateAsync(Private);
        using var other = await TemporaryFederation.CreateAsync(Private);
        var (first, second) = (await DrawnAsync(one), await DrawnAsync(other));

        Assert.NotEqual(first, second);
        var counts = first.Select(round => round.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length).ToList();
        Assert.InRange(counts.Average(), 8, 12);
        Assert.True(counts.Distinct().Count() > 3, string.Join(' ', counts)); // not always the same number
        Assert.Equal(first, await DrawnAsync(one));
    }

    [Fact]
    public async Task All_that_are_drawn_are_waited_for()
    {
        using var federation = await TemporaryFederation.CreateAsync(Private);
        await federation.InitializeAsync();

        for (var round = 1; round <= 20; round++)
        {
            var selected = await federation.SelectAsync(round);
            Assert.Equal(selected.Fit, selected.Needed);
        }
    }

    [Fact]
    public async Task The_noise_is_the_same_however_often_a_round_is_aggregated_and_another_in_each_attempt_at_none()
    {
        using var federation = await CreateAsync();
        var leaf = await LeafAsync(federation, [3, 0], [0, 1]);

        var first = await federation.AggregateUpdatesAsync(await federation.InitializeAsync(), leaf.Manifest);
        var again = await federation.AggregateUpdatesAsync(await federation.InitializeAsync(), leaf.Manifest, attempt: 2);

        Assert.Equal(first.Candidate!.Sha256, again.Candidate!.Sha256);
        using var noise = new SecretStream(await federation.Store.ReadPrivacyKeyAsync("fed", Cancel), SecretPurpose.ServerNoise, round: 1);
        var sigma = 2.0 / 4; // z C / (q N)
        var global = await federation.Store.ReadParametersAsync(await federation.InitializeAsync(), federation.Network, Cancel);
        var norm = Math.Sqrt(Square(3 - global.Values[0]) + Square(global.Values[1]));
        var other = Math.Sqrt(Square(global.Values[0]) + Square(1 - global.Values[1]));
        double Part(double value, double start, double length) => (value - start) * Math.Min(1, 2 / length) / 4;
        var next = await federation.Store.ReadParametersAsync(first.Candidate, federation.Network, Cancel);
        Assert.Equal(global.Values[0] + Part(3, global.Values[0], norm) + Part(0, global.Values[0], other) + (sigma * noise.NextNormal()), next.Values[0], 1e-6);
        Assert.Equal(global.Values[1] + Part(0, global.Values[1], norm) + Part(1, global.Values[1], other) + (sigma * noise.NextNormal()), next.Values[1], 1e-6);

        static double Square(double x) => x * x;
    }

    [Fact]
    public async Task How_long_an_update_is_is_told_to_nobody()
    {
        using var federation = await CreateAsync();

        var manifest = await federation.Store.ReadJsonAsync<PartOutcomes>((await LeafAsync(federation, [3, 0], [0, 1])).Manifest, Cancel);

        Assert.All(manifest.Clients, client => Assert.Null(client.UpdateNorm));
    }

    [Fact]
    public async Task A_round_without_an_update_has_a_candidate_too()
    {
        using var federation = await CreateAsync();
        var selection = await federation.Store.PutJsonAsync(ArtifactNames.Selection("fed", 1), new Selection(1, [], []), Cancel);
        var leaf = await federation.AggregateLeafAsync(selection, new SelectionRange(0, 0), 1, []);

        var result = await federation.AggregateUpdatesAsync(await federation.InitializeAsync(), leaf.Manifest);

        Assert.NotNull(result.Candidate);
    }

    [Fact]
    public async Task A_record_says_what_has_been_spent_and_what_the_next_clip_is()
    {
        var adaptive = new PrivacyOptions(1, Clipping: PrivacyOptions.Adaptive, CountNoise: 1);
        using var federation = await CreateAsync(Private with { FractionFit = 0.1, Privacy = adaptive });
        var initial = await federation.InitializeAsync();
        var zero = await RecordAsync(federation, new RecordRoundInput(federation.SpecReference, 0, initial, null, null, null, 1));
        var leaf = await LeafAsync(federation, [3, 0], [0, 1]);
        var aggregated = await federation.AggregateUpdatesAsync(initial, leaf.Manifest);

        var one = await RecordAsync(
            federation, new RecordRoundInput(federation.SpecReference, 1, aggregated.Candidate!, null, leaf.Manifest, null, 1, StrategyState: aggregated.StrategyState));

        Assert.Equal(new RoundPrivacy(0, 1e-5, 0.1, 0.1), zero.Privacy);
        Assert.Equal((PrivacyAccount.Epsilon(federation.Spec, null, 1), 1e-5, 0.1), (one.Privacy!.Epsilon, one.Privacy.Delta, one.Privacy.Clip));
        Assert.NotEqual(0.1, one.Privacy.NextClip);
        var selection = await federation.Store.ReadJsonAsync<Selection>((await federation.SelectAsync(2)).Selection, Cancel);
        Assert.Equal(one.Privacy.NextClip, selection.Plan!.Clip);
    }

    [Fact]
    public async Task Before_the_first_round_it_is_said_what_is_doubtful()
    {
        using var federation = await TemporaryFederation.CreateAsync(
            Private with { Privacy = new PrivacyOptions(1, Clip: 1, Delta: 0.1) }, layers: [new BatchNorm2d("bn", 1), new Flatten(), new Linear("fc", 1, 1)]);

        var record = await RecordAsync(federation, new RecordRoundInput(federation.SpecReference, 0, await federation.InitializeAsync(), null, null, null, 1));

        Assert.Equal(2, record.Events!.Count);
        Assert.Contains("one of 40 clients", record.Events[0], StringComparison.Ordinal);
        Assert.Contains("groupnorm", record.Events[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_noise_there_is_no_bound()
    {
        using var federation = await TemporaryFederation.CreateAsync(Private with { Privacy = new PrivacyOptions(0, Clip: 1) });
        var initial = await federation.InitializeAsync();

        var record = await RecordAsync(federation, new RecordRoundInput(federation.SpecReference, 0, initial, null, null, null, 1));
        var one = await RecordAsync(federation, new RecordRoundInput(federation.SpecReference, 1, initial, null, null, null, 1));

        Assert.Contains("without noise there is no privacy", Assert.Single(record.Events!), StringComparison.Ordinal);
        Assert.Null(one.Privacy!.Epsilon);
    }

    [Fact]
    public async Task The_last_round_that_epsilon_allows_says_that_it_is()
    {
        var spec = Private with { Rounds = 50, Privacy = new PrivacyOptions(1, Clip: 1, MaxEpsilon: 4) };
        var last = Enumerable.Range(0, 50).Last(round => PrivacyAccount.Epsilon(spec, null, round) <= 4);
        using var federation = await TemporaryFederation.CreateAsync(spec);
        var initial = await federation.InitializeAsync();
        for (var round = 0; round < last; round++)
        {
            var before = await RecordAsync(federation, new RecordRoundInput(federation.SpecReference, round, initial, null, null, null, 1));
            Assert.Null(before.Events);
            Assert.Null(before.Stopped);
        }

        var record = await RecordAsync(federation, new RecordRoundInput(federation.SpecReference, last, initial, null, null, null, 1));

        Assert.InRange(record.Privacy!.Epsilon!.Value, 3, 4);
        Assert.Contains("another round would bring epsilon to 4", record.Stopped, StringComparison.Ordinal);
        Assert.Equal($"stopped: {record.Stopped}", Assert.Single(record.Events!));
    }

    [Fact]
    public async Task A_branch_goes_on_with_what_was_spent()
    {
        using var parent = await TemporaryFederation.CreateAsync(Private);
        var branch = Private with { Id = "branch", Initial = ArtifactNames.GlobalParameters("fed", 7) };

        var spent = await Branches.PrivacySpentAsync(parent.Store, branch, Cancel);

        Assert.Equal([new PrivacySpending(0.25, 1, 7)], spent);
        Assert.Equal(PrivacyAccount.Epsilon(Private, null, 10), PrivacyAccount.Epsilon(Private, spent, 3), 1e-12);
    }

    [Fact]
    public async Task Of_rounds_without_privacy_there_is_nothing_to_go_on_with()
    {
        using var parent = await TemporaryFederation.CreateAsync(Private with { Privacy = null });

        Assert.Null(await Branches.PrivacySpentAsync(parent.Store, Private with { Id = "branch", Initial = ArtifactNames.GlobalParameters("fed", 7) }, Cancel));
    }

    private static Task<TemporaryFederation> CreateAsync() => CreateAsync(Private with { Clients = 4, FractionFit = 1 });

    private static async Task<TemporaryFederation> CreateAsync(FederationSpec spec)
    {
        var federation = await TemporaryFederation.CreateAsync(spec);
        await federation.InitializeAsync();
        return federation;
    }

    private static async Task<IReadOnlyList<string>> DrawnAsync(TemporaryFederation federation)
    {
        await federation.InitializeAsync();
        var drawn = new List<string>();
        for (var round = 1; round <= 30; round++)
        {
            var selection = await federation.Store.ReadJsonAsync<Selection>((await federation.SelectAsync(round)).Selection, Cancel);
            drawn.Add(string.Join(' ', selection.Fit.Select(client => client.Index)));
        }

        return drawn;
    }

    private static async Task<PartResult> LeafAsync(TemporaryFederation federation, params float[][] updates)
    {
        var (clients, outcomes) = (new List<ClientPartition>(), new List<ClientOutcome>());
        foreach (var (index, update) in updates.Index())
        {
            clients.Add(new ClientPartition(index, $"client-{index}", new ArtifactReference("datasets/digest/nothing.bin", 0, ""), 1000, 1));
            outcomes.Add(new ClientOutcome($"client-{index}", 10, 1, new Metrics(1, 0.5), await federation.PutUpdateAsync($"client-{index}", update)));
        }

        var selection = await federation.Store.PutJsonAsync(ArtifactNames.Selection("fed", 1), new Selection(1, clients, []), Cancel);
        var cohort = new CohortEnd(await federation.PutCohortAsync(0, [.. outcomes]), Failure: null);
        return await federation.AggregateLeafAsync(selection, new SelectionRange(0, updates.Length), updates.Length, [cohort]);
    }

    private static async Task<RoundRecord> RecordAsync(TemporaryFederation federation, RecordRoundInput input)
    {
        await new RecordRound(federation.Store, federation.Networks, federation.Strategies).RunAsync(input, Cancel);
        return (await new RecordedFederation(federation.Store, "fed").FindRecordAsync(input.Round, Cancel))!;
    }
}
