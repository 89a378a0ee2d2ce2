using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Aggregation;

public sealed class AggregateLeafTests
{
    private static readonly Metrics Measured = new(1, 0.5);

    [Fact]
    public async Task Updates_are_summed_with_their_examples_as_weights()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2 });

        var manifest = await AggregateAsync(
            federation, await GoodAsync(federation, 0, 10, 1, 2), await GoodAsync(federation, 1, 30, 5, 6));

        var sum = Safetensors.Read<double>(await federation.Store.ReadAsync(manifest.Sum!, TemporaryFederation.Cancel), federation.Network.Layout);
        Assert.Equal([160.0, 200.0], sum);
        Assert.All(manifest.Clients, client => Assert.Null(client.Failure));
    }

    [Fact]
    public async Task Nothing_is_summed_for_a_recorded_round_but_what_was_before()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 1 });
        var selected = await federation.SelectAsync();
        var end = new CohortEnd(await federation.PutCohortAsync(0, await GoodAsync(federation, 0, 10, 1, 2)), null);
        var first = await AggregateAsync();
        await federation.PutRecordAsync(1, "any");

        Assert.Equal(first, await AggregateAsync());

        await federation.Store.DeleteAsync(first.Manifest.Name, TemporaryFederation.Cancel);
        await Assert.ThrowsAsync<WorkNotNeededException>(AggregateAsync);
        Assert.Null(await federation.Store.FindAsync(first.Manifest.Name, TemporaryFederation.Cancel));

        Task<PartResult> AggregateAsync() =>
            federation.AggregateLeafAsync(selected.Selection, new SelectionRange(0, 1), 1, [end]);
    }

    [Fact]
    public async Task An_update_at_its_limit_is_summed_and_one_past_it_is_not()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 1 });
        var selected = await federation.SelectAsync();
        var end = new CohortEnd(await federation.PutCohortAsync(0, await GoodAsync(federation, 0, 10, 3, 4)), null);
        var norm = (await ReadAsync(limit: null)).UpdateNorm!.Value;

        Assert.Null((await ReadAsync(norm)).Failure);
        Assert.NotNull((await ReadAsync(Math.BitDecrement(norm))).Failure);

        async Task<ClientOutcome> ReadAsync(double? limit)
        {
            // What was found before would be found again, whatever the limit.
            await federation.Store.DeleteAsync(ArtifactNames.Subtree("fed", 1, 1, RoundPhase.Fit, new SelectionRange(0, 1)), TemporaryFederation.Cancel);
            var leaf = await federation.AggregateLeafAsync(selected.Selection, new SelectionRange(0, 1), 1, [end], normLimit: limit);
            return Assert.Single((await federation.Store.ReadJsonAsync<PartOutcomes>(leaf.Manifest, TemporaryFederation.Cancel)).Clients);
        }
    }

    [Fact]
    public async Task A_truncated_update_is_its_clients_failure() =>
        await AssertIsRejectedAsync("9 bytes long", async federation =>
        {
            var update = await federation.PutUpdateAsync("client-1", new byte[9]);
            return update with { Length = 1000 };
        });

    [Fact]
    public async Task An_update_with_another_hash_is_its_clients_failure() =>
        await AssertIsRejectedAsync("SHA-256", async federation =>
        {
            var update = await federation.PutUpdateAsync("client-1", 1, 2);
            return update with { Sha256 = new string('0', 64) };
        });

    [Fact]
    public async Task An_update_of_another_shape_is_its_clients_failure() =>
        await AssertIsRejectedAsync("'fc.weight' is F32 [2, 1], expected F32 [1, 1]", federation =>
        {
            var layout = new ParameterLayout([("fc.weight", [2, 1]), ("fc.bias", [1])]);
            return federation.PutUpdateAsync("client-1", Safetensors.Write(new ModelParameters(layout)));
        });

    [Fact]
    public async Task An_update_that_is_said_to_be_too_long_is_not_read_and_its_clients_failure() =>
        await AssertIsRejectedAsync("1900000000 bytes can't be a file of 2 tensors", _ => Task.FromResult(
            new ArtifactReference(ArtifactNames.Update("fed", 1, 1, "client-1"), 1_900_000_000, new string('0', 64))));

    [Fact]
    public async Task A_reason_quotes_the_beginning_of_what_an_update_has() =>
        await AssertIsRejectedAsync($"unexpected tensors: {new string('x', 80)}…", federation =>
        {
            var layout = new ParameterLayout([("fc.weight", [1, 1]), ("fc.bias", [1]), (new string('x', 100_000), [0])]);
            return federation.PutUpdateAsync("client-1", Safetensors.Write(new ModelParameters(layout)));
        });

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public async Task An_update_that_is_not_finite_is_its_clients_failure(float value) =>
        await AssertIsRejectedAsync("infinite or not a number", federation => federation.PutUpdateAsync("client-1", 1, value));

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public async Task An_update_without_examples_is_its_clients_failure(long examples) =>
        await AssertIsRejectedAsync($"trained on {examples} examples", federation => federation.PutUpdateAsync("client-1", 1, 2), examples);

    [Fact]
    public async Task A_result_without_an_update_is_its_clients_failure() =>
        await AssertIsRejectedAsync("there is none", _ => Task.FromResult<ArtifactReference>(null!));

    [Fact]
    public async Task An_update_too_far_from_the_global_parameters_is_its_clients_failure() =>
        await AssertIsRejectedAsync(
            "its distance from the global parameters is", federation => federation.PutUpdateAsync("client-1", 1000, 1000),
            spec: new FederationSpec { Clients = 2, MaxUpdateNorm = 100 });

    [Fact]
    public async Task An_update_that_was_acknowledged_and_has_vanished_stops_the_attempt()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 1 });

        await Assert.ThrowsAsync<ArtifactMissingException>(() => AggregateAsync(federation, Vanished(attempt: 1)));
    }

    [Fact]
    public async Task An_update_that_is_not_there_in_another_attempt_either_is_its_clients_failure()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 1 });
        var cohort = await federation.PutCohortAsync(0, Vanished(attempt: 2));

        var result = await federation.AggregateLeafAsync(
            (await federation.SelectAsync()).Selection, new SelectionRange(0, 1), 1, [new CohortEnd(cohort, null)], attempt: 2);

        Assert.Equal((0, "client-0"), (result.Succeeded, result.FirstFailure!.Client));
        Assert.StartsWith("the update is rejected: ", result.FirstFailure.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fit", 1, true)]
    [InlineData("fit", 2, false)]
    [InlineData("evaluate", 1, false)]
    public async Task A_manifest_that_is_not_there_stops_an_attempt_only_where_an_update_may_be_lost(string name, int attempt, bool stops)
    {
        var phase = RoundPhase.All.Single(phase => phase.Name == name);
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 1 });
        var gone = new ArtifactReference(ArtifactNames.Cohort("fed", 1, attempt, phase, 0), 1, new string('0', 64));
        var selection = (await federation.SelectAsync()).Selection;
        var aggregation = () => federation.AggregateLeafAsync(selection, new SelectionRange(0, 1), 1, [new CohortEnd(gone, null)], phase, attempt);

        if (stops)
            await Assert.ThrowsAsync<ArtifactMissingException>(aggregation);
        else
            Assert.Equal("client-0", (await aggregation()).FirstFailure!.Client);
    }

    [Theory]
    [InlineData(5.0, 1)]
    [InlineData(5.1, 2)]
    public async Task What_stood_out_in_an_attempt_that_was_sent_back_is_refused_in_the_next(double limit, int succeeded)
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2 });
        var global = Safetensors.Read<float>(
            await federation.Store.ReadAsync(await federation.InitializeAsync(), TemporaryFederation.Cancel), federation.Network.Layout);
        var cohort = await federation.PutCohortAsync(
            0, await GoodAsync(federation, 0, 10, global[0] + 3, global[1] + 4.0001f), await GoodAsync(federation, 1, 10, global));

        var result = await federation.AggregateLeafAsync(
            (await federation.SelectAsync()).Selection, new SelectionRange(0, 2), 2, [new CohortEnd(cohort, null)], normLimit: limit);

        Assert.Equal(succeeded, result.Succeeded);
        var manifest = await federation.Store.ReadJsonAsync<PartOutcomes>(result.Manifest, TemporaryFederation.Cancel);
        Assert.Equal(0, manifest.Clients[1].UpdateNorm);
        if (succeeded == 1)
            Assert.Contains("its distance from the global parameters is 5, at most 5 is allowed since", result.FirstFailure!.Reason, StringComparison.Ordinal);
        else
            Assert.Equal(5, manifest.Clients[0].UpdateNorm!.Value, tolerance: 0.001);
    }

    [Fact]
    public async Task A_cohort_whose_activity_failed_names_each_of_its_clients()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 5 });
        var selected = await federation.SelectAsync();
        var good = await federation.PutCohortAsync(
            0, await GoodAsync(federation, 0, 10, 1, 2), await GoodAsync(federation, 1, 10, 1, 2), await GoodAsync(federation, 2, 10, 1, 2));

        var result = await federation.AggregateLeafAsync(
            selected.Selection, new SelectionRange(0, 5), cohortSize: 3, [new CohortEnd(good, null), new CohortEnd(null, "out of memory")]);

        var manifest = await federation.Store.ReadJsonAsync<PartOutcomes>(result.Manifest, TemporaryFederation.Cancel);
        Assert.Equal((3, 2), (result.Succeeded, result.Failed));
        Assert.Equal(
            [new ClientFailure("client-3", "TrainClient", "out of memory"), new ClientFailure("client-4", "TrainClient", "out of memory")],
            manifest.Clients.Where(client => client.Failure is not null).Select(client => client.Failure));
        Assert.Equal("client-3", result.FirstFailure!.Client);
    }

    [Fact]
    public async Task Clients_that_were_tried_alone_count_each_for_itself()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 3 });
        var selected = await federation.SelectAsync();
        var first = await federation.PutCohortAsync(0, await GoodAsync(federation, 0, 10, 1, 2));
        var last = await federation.PutCohortAsync(2, await GoodAsync(federation, 2, 10, 1, 2));

        var result = await federation.AggregateLeafAsync(
            selected.Selection, new SelectionRange(0, 3), cohortSize: 64,
            [new CohortEnd(null, null, [new CohortEnd(first, null), new CohortEnd(null, "out of memory"), new CohortEnd(last, null)])]);

        var manifest = await federation.Store.ReadJsonAsync<PartOutcomes>(result.Manifest, TemporaryFederation.Cancel);
        Assert.Equal(["client-0", "client-1", "client-2"], manifest.Clients.Select(client => client.Client));
        Assert.Equal([new ClientFailure("client-1", "TrainClient", "out of memory")], manifest.Clients.Select(client => client.Failure).OfType<ClientFailure>());
        Assert.Equal(2, result.Succeeded);
    }

    [Fact]
    public async Task The_bits_of_the_sum_do_not_depend_on_the_cohort_size()
    {
        var sums = new List<string>();
        foreach (var cohortSize in new[] { 1, 5, 64 })
        {
            using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 64 });
            var random = new Random(1);
            var ends = new List<CohortEnd>();
            foreach (var cohort in SelectionTree.Cohorts(new SelectionRange(0, 64), cohortSize))
            {
                var outcomes = new List<ClientOutcome>();
                for (var client = cohort.First; client < cohort.First + cohort.Count; client++)
                    outcomes.Add(await GoodAsync(federation, client, random.Next(1, 1000), random.NextSingle(), random.NextSingle()));
                ends.Add(new CohortEnd(await federation.PutCohortAsync(cohort.First, [.. outcomes]), null));
            }

            var selected = await federation.SelectAsync();
            var result = await federation.AggregateLeafAsync(selected.Selection, new SelectionRange(0, 64), cohortSize, ends);
            sums.Add((await federation.Store.ReadJsonAsync<PartOutcomes>(result.Manifest, TemporaryFederation.Cancel)).Sum!.Sha256);
        }

        Assert.Single(sums.Distinct());
    }

    [Fact]
    public async Task Updates_are_read_beside_one_another_also_from_a_store_that_never_waits()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2 });
        ClientOutcome[] outcomes = [await GoodAsync(federation, 0, 10, 1, 2), await GoodAsync(federation, 1, 30, 5, 6)];
        using var both = new Barrier(outcomes.Length);
        var store = new MeetingStore(federation.Store, both, [.. outcomes.Select(outcome => outcome.Update!)]);

        var end = new CohortEnd(await federation.PutCohortAsync(0, outcomes), Failure: null);
        var result = await federation.AggregateLeafAsync(
            (await federation.SelectAsync()).Selection, new SelectionRange(0, 2), cohortSize: 2, [end], through: store);

        Assert.Equal(2, result.Succeeded);
        Assert.Equal(1, both.CurrentPhaseNumber);
    }

    private static async Task AssertIsRejectedAsync(
        string because, Func<TemporaryFederation, Task<ArtifactReference>> putBadUpdate, long examples = 10, FederationSpec? spec = null)
    {
        using var federation = await TemporaryFederation.CreateAsync(spec ?? new FederationSpec { Clients = 2 });
        var bad = new ClientOutcome("client-1", examples, 0, Measured, await putBadUpdate(federation));

        var manifest = await AggregateAsync(federation, await GoodAsync(federation, 0, 10, 1, 2), bad);

        var sum = Safetensors.Read<double>(await federation.Store.ReadAsync(manifest.Sum!, TemporaryFederation.Cancel), federation.Network.Layout);
        Assert.Equal([10.0, 20.0], sum);
        Assert.Null(manifest.Clients[0].Failure);
        Assert.Equal(("client-1", "TrainClient"), (manifest.Clients[1].Failure!.Client, manifest.Clients[1].Failure!.Activity));
        Assert.Contains(because, manifest.Clients[1].Failure!.Reason, StringComparison.Ordinal);
        Assert.Null(manifest.Clients[1].Metrics);
    }

    private static ClientOutcome Vanished(int attempt) => new(
        "client-0", 10, 0, Measured, new ArtifactReference(ArtifactNames.Update("fed", 1, attempt, "client-0"), 300, new string('0', 64)));

    private static async Task<ClientOutcome> GoodAsync(TemporaryFederation federation, int client, long examples, params float[] values) =>
        new($"client-{client}", examples, 0, Measured, await federation.PutUpdateAsync($"client-{client}", values));

    private static async Task<PartOutcomes> AggregateAsync(TemporaryFederation federation, params ClientOutcome[] clients)
    {
        var selected = await federation.SelectAsync();
        var cohort = await federation.PutCohortAsync(0, clients);
        var result = await federation.AggregateLeafAsync(
            selected.Selection, new SelectionRange(0, clients.Length), cohortSize: 64, [new CohortEnd(cohort, null)]);
        return await federation.Store.ReadJsonAsync<PartOutcomes>(result.Manifest, TemporaryFederation.Cancel);
    }

    /// <summary>Holds who reads one of some artifacts until all others are read at the same time.</summary>
    private sealed class MeetingStore(IArtifactStore store, Barrier all, IReadOnlyList<ArtifactReference> artifacts) : IArtifactStore
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
            store.PutAsync(name, content, cancellationToken);

        public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
        {
            Assert.True(!artifacts.Contains(reference) || all.SignalAndWait(Patience, cancellationToken), $"'{reference.Name}' is read alone");
            return store.ReadAsync(reference, cancellationToken);
        }

        public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken) =>
            store.ReadRangeAsync(reference, offset, part, cancellationToken);

        public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => store.FindAsync(name, cancellationToken);

        public Task DeleteAsync(string name, CancellationToken cancellationToken) => store.DeleteAsync(name, cancellationToken);
    }
}
