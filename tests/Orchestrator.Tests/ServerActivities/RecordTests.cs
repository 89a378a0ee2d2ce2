using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.ServerActivities;

public sealed class RecordTests
{
    private static CancellationToken Cancel => TemporaryFederation.Cancel;

    [Fact]
    public async Task A_record_names_every_client_with_its_weighted_means()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var fit = await PutManifestAsync(federation, "fit", new("a", 10, 1, new Metrics(1, 0.5)), new("b", 30, 2, new Metrics(2, 0.9)), Failed("c", "TrainClient"));
        var evaluate = await PutManifestAsync(federation, "evaluate", new("b", 5, 0.5, new Metrics(3, 0.25)), Failed("d", "EvaluateClient"));

        var record = await RecordAsync(federation, round: 1, fit, evaluate);

        Assert.Equal((1.75, 0.8, 3, 0.25, 0.4), (record.FitLoss, record.FitAccuracy, record.EvaluateLoss, record.EvaluateAccuracy, record.CentralAccuracy));
        Assert.Equal(["a", "b"], record.Participants.Select(participant => participant.Client));
        Assert.Equal((30, 2.0, 5, 3.0, 2.5), (record.Participants[1].Examples, record.Participants[1].FitLoss, record.Participants[1].EvaluateExamples, record.Participants[1].EvaluateLoss, record.Participants[1].Seconds));
        Assert.Null(record.Participants[0].EvaluateLoss);
        Assert.Equal([new("c", "TrainClient", "why"), new("d", "EvaluateClient", "why")], record.Failures);
        Assert.Equal(("none", "digest"), (record.Engine, record.DatasetDigest));
    }

    [Fact]
    public async Task A_record_says_how_many_bytes_the_parameters_and_each_update_have()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var fit = await PutManifestAsync(federation, "fit", new("a", 1, 1, Update: new ArtifactReference("a", 70, "")), Failed("b", "TrainClient"));
        var evaluate = await PutManifestAsync(federation, "evaluate", new ClientOutcome("c", 1, 1, new Metrics(3, 0.25)));

        var record = await RecordAsync(federation, round: 1, fit, evaluate);

        Assert.Equal((await federation.InitializeAsync()).Length, record.ParametersBytes);
        Assert.Equal([("a", 70), ("c", null)], record.Participants.Select(client => (client.Client, client.UpdateBytes)));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(0.5, false)] // two machines whose clocks differ by more than a round can have taken
    public async Task A_record_says_when_clients_worked_unless_their_clocks_differ(double seconds, bool isSaid)
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var at = new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
        var fit = await PutManifestAsync(
            federation, "fit", new("a", 10, 1, new Metrics(1, 0.5)) { StartedAt = at.AddSeconds(0.25) }, new("b", 30, 2, new Metrics(2, 0.9)) { StartedAt = at });
        var evaluate = await PutManifestAsync(federation, "evaluate", new ClientOutcome("b", 5, 0.5, new Metrics(3, 0.25)) { StartedAt = at.AddSeconds(seconds > 1 ? 2.25 : 20) });

        var record = await RecordAsync(federation, round: 1, fit, evaluate);

        Assert.Equal(isSaid ? [0.25, 1.25] : null, record.Participants[0].Trained?.Seconds);
        Assert.Equal(isSaid ? [2.25, 2.75] : null, record.Participants[1].Evaluated?.Seconds);
        Assert.Null(record.Participants[0].Evaluated);
    }

    /// <summary>A median of three bears a hostile client, one of two none: said when it comes to that, or once when nothing else was asked for.</summary>
    [Theory]
    [InlineData(3, 0, 0, false)]
    [InlineData(3, 1, 3, false)]
    [InlineData(3, 1, 2, true)]
    [InlineData(2, 0, 0, true)]
    [InlineData(2, 1, 2, false)]
    public async Task A_rule_that_bears_nobody_is_said_to_once_or_when_clients_are_missing(int clients, int round, int updates, bool isSaid)
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = clients, Strategy = "fedmedian" });
        var outcomes = Enumerable.Range(0, clients).Select(index =>
            index < updates ? new ClientOutcome($"client-{index}", 10, 1, new Metrics(0.5, 0.5)) : Failed($"client-{index}", "TrainClient"));

        var record = await RecordAsync(federation, round, round == 0 ? null : await PutManifestAsync(federation, "fit", [.. outcomes]), null);

        Assert.Equal(isSaid, record.Events?.Any(text => text.StartsWith("caution: a median of 2 ", StringComparison.Ordinal)) ?? false);
    }

    [Fact]
    public async Task A_round_that_is_recorded_is_not_recorded_again_and_has_the_same_metrics()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var more = new Dictionary<string, double> { ["f1"] = 0.1 + 0.2 };
        var fit = await PutManifestAsync(federation, "fit", new ClientOutcome("a", 10, 1, new Metrics(1.0 / 3, 0.5, more)));
        var evaluate = await PutManifestAsync(federation, "evaluate", new ClientOutcome("b", 5, 0.5, new Metrics(3, 0.25)));
        await federation.PutSelectionAsync(round: 1, fit, evaluate);
        var recordRound = new RecordRound(federation.Store, federation.Networks, federation.Strategies);
        var input = new RecordRoundInput(
            federation.SpecReference, 1, await federation.InitializeAsync(), Central: null, fit, evaluate, Seconds: 1);
        var first = await recordRound.RunAsync(input, Cancel);
        await federation.Store.DeleteAsync(fit.Name, Cancel);

        var again = await recordRound.RunAsync(input with { Seconds = 2 }, Cancel);

        Assert.Equal(ContractJson.Serialize(first), ContractJson.Serialize(again));
    }

    [Fact]
    public async Task What_is_recorded_gets_its_final_name_once()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var first = await federation.Store.PutAsync(ArtifactNames.Candidate("fed", 1, 1), "one"u8.ToArray(), Cancel);
        var second = await federation.Store.PutAsync(ArtifactNames.Candidate("fed", 1, 2), "two"u8.ToArray(), Cancel);
        var record = new RecordRound(federation.Store, federation.Networks, federation.Strategies);
        var input = new RecordRoundInput(federation.SpecReference, 1, first, null, null, null, 1, SentBack: "why");

        var recorded = await record.RunAsync(input, Cancel);
        var again = await record.RunAsync(input with { Global = second }, Cancel);

        Assert.Equal(first with { Name = ArtifactNames.GlobalParameters("fed", 1) }, recorded.Global);
        Assert.Equal(recorded.Global, again.Global);
        var content = await new RecordedFederation(federation.Store, "fed").FindRecordAsync(1, Cancel);
        Assert.Equal(first.Sha256, content!.ParametersSha256);
        Assert.Equal(["sent back: why"], content.Events);
    }

    [Fact]
    public async Task Other_parameters_that_lie_under_the_final_name_are_not_recorded()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var name = ArtifactNames.GlobalParameters("fed", 1);
        var other = await federation.Store.PutAsync(name, "other"u8.ToArray(), Cancel);
        var candidate = await federation.Store.PutAsync(ArtifactNames.Candidate("fed", 1, 1), "one"u8.ToArray(), Cancel);

        var failure = await Assert.ThrowsAsync<ArtifactCorruptException>(() => new RecordRound(federation.Store, federation.Networks, federation.Strategies).RunAsync(
            new RecordRoundInput(federation.SpecReference, 1, candidate, null, null, null, 1), Cancel));

        Assert.Equal(name, failure.Artifact);
        Assert.Contains($"it has SHA-256 {other.Sha256}, the parameters of round 1 have {candidate.Sha256}", failure.Message, StringComparison.Ordinal);
        Assert.Null(await federation.Store.FindAsync(ArtifactNames.Record("fed", 1), Cancel));
    }

    [Fact]
    public async Task Of_a_recorded_round_the_parts_of_the_selection_go_and_the_selection_stays()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        await federation.SelectAsync();
        var part = ArtifactNames.SelectionPart("fed", 1, RoundPhase.Fit, new SelectionRange(0, 64));
        await federation.Store.PutAsync(part, "{}"u8.ToArray(), Cancel);

        await new CleanUpRound(federation.Store).RunAsync(new CleanUpRoundInput(federation.SpecReference, 1), Cancel);

        Assert.Null(await federation.Store.FindAsync(part, Cancel));
        Assert.NotNull(await federation.Store.FindAsync(ArtifactNames.Selection("fed", 1), Cancel));
    }

    [Fact]
    public async Task A_client_that_only_evaluates_is_a_participant_too()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var fit = await PutManifestAsync(federation, "fit", new ClientOutcome("a", 10, 1, new Metrics(1, 0.5)));
        var evaluate = await PutManifestAsync(federation, "evaluate", new ClientOutcome("b", 5, 0.5, new Metrics(3, 0.25)));

        var record = await RecordAsync(federation, round: 1, fit, evaluate);

        Assert.Equal(["a", "b"], record.Participants.Select(participant => participant.Client));
        Assert.Null(record.Participants[1].Examples);
    }

    [Fact]
    public async Task Many_clients_are_recorded_in_parts_and_counted_in_the_record()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        const int count = RoundClients.MostTogether + 3;
        var fit = await PutManifestAsync(federation, "fit", [.. Enumerable.Range(0, count).Select(index => index % 50 == 7
            ? Failed(Name(index), "TrainClient")
            : new ClientOutcome(Name(index), 2, 0.5, new Metrics(1, 0.5), new ArtifactReference("update", 10, ""), UpdateNorm: index))]);
        var evaluate = await PutManifestAsync(federation, "evaluate", [.. Enumerable.Range(0, count).Where(index => index % 2 == 1).Select(index => index % 50 == 7
            ? Failed(Name(index), "EvaluateClient")
            : new ClientOutcome(Name(index), 1, 0.25, new Metrics(2, 0.25)))]);

        var record = await RecordAsync(federation, round: 1, fit, evaluate);
        var recorded = new RecordedFederation(federation.Store, "fed");
        var parts = await recorded.ReadClientsAsync(record, Cancel).ToListAsync(Cancel);

        Assert.Empty(record.Participants);
        Assert.Equal((1, 2.0), (record.FitLoss, record.EvaluateLoss));
        Assert.Equal([.. Enumerable.Range(0, count).Where(index => index % 50 != 7).Select(Name)], parts.SelectMany(part => part.Participants).Select(client => client.Client));
        Assert.Equal([9_800, 3], parts.Select(part => part.Participants.Count));
        Assert.Equal(new RoundCounts(9_803, 9_803, 4_801, 200, 400, 98_030), record.Count());
        Assert.Equal(RoundRecord.MostFailuresBesideParts, record.Failures.Count);
        Assert.Equal(parts.SelectMany(part => part.Failures).Take(100), record.Failures);
        Assert.Equal([new("client-7", "TrainClient", "why"), new("client-57", "TrainClient", "why")], record.Failures.Take(2));
        Assert.Equal((2, 9.0, 1, 0.75), (parts[0].Participants[8].Examples, parts[0].Participants[8].UpdateNorm, parts[0].Participants[8].EvaluateExamples, parts[0].Participants[8].Seconds));
    }

    [Fact]
    public async Task Of_ten_thousand_clients_a_record_names_each_itself()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var fit = await PutManifestAsync(federation, "fit", [.. Enumerable.Range(0, RoundClients.MostTogether).Select(index => new ClientOutcome(Name(index), 2, 0.5, new Metrics(1, 0.5)))]);

        var record = await RecordAsync(federation, round: 1, fit, evaluate: null);

        Assert.Null(record.Parts);
        Assert.Equal(RoundClients.MostTogether, record.Participants.Count);
    }

    [Fact]
    public async Task What_was_recorded_by_half_is_recorded_again_whatever_its_parts_were()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var first = await RecordAsync(federation, round: 1, await PutManyAsync(federation, "first", seconds: 1, loss: 1), evaluate: null);
        await federation.Store.DeleteAsync(ArtifactNames.Record("fed", 1), Cancel);
        var again = await RecordAsync(federation, round: 1, await PutManyAsync(federation, "again", seconds: 2, loss: 1), evaluate: null);
        await federation.Store.DeleteAsync(ArtifactNames.Record("fed", 1), Cancel);
        var other = await RecordAsync(federation, round: 1, await PutManyAsync(federation, "other", seconds: 2, loss: 3), evaluate: null);

        Assert.Equal(first.Parts, again.Parts);
        Assert.NotEqual(first.Parts, other.Parts);
        Assert.Equal((1.0, 3.0), (await LossAsync(first), await LossAsync(other)));

        async Task<double> LossAsync(RoundRecord record) => (await new RecordedFederation(federation.Store, "fed").ReadClientsAsync(record, 1, Cancel)).Participants[0].FitLoss!.Value;
    }

    [Fact]
    public async Task A_part_that_is_not_what_its_name_says_is_not_recorded()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var fit = await PutManyAsync(federation, "fit", seconds: 1, loss: 1);
        var record = await RecordAsync(federation, round: 1, fit, evaluate: null);
        var name = ArtifactNames.RecordPart("fed", 1, 1, record.Parts![1].Seal);
        await federation.Store.DeleteAsync(ArtifactNames.Record("fed", 1), Cancel);
        await federation.Store.DeleteAsync(name, Cancel);
        var none = new RoundClients([], []);
        await federation.Store.PutJsonAsync(name, none with { Seal = DocumentSeal.Of(none) }, Cancel);

        var failure = await Assert.ThrowsAsync<ArtifactCorruptException>(() => RecordAsync(federation, round: 1, fit, evaluate: null));

        Assert.Equal(name, failure.Artifact);
        Assert.Contains("it is not what its name says", failure.Message, StringComparison.Ordinal);
        Assert.Null(await federation.Store.FindAsync(ArtifactNames.Record("fed", 1), Cancel));
    }

    [Fact]
    public async Task Who_trained_and_evaluated_is_one_participant_also_of_leaves_that_an_earlier_build_brought_together()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        ClientOutcome[] trained = [new("b", 2, 1, new Metrics(1, 0.5)), new("d", 2, 1, new Metrics(1, 0.5))];
        ClientOutcome[] evaluated = [new("a", 2, 1, new Metrics(1, 0.5)), new("b", 2, 1, new Metrics(1, 0.5)), Failed("c", "EvaluateClient"), Failed("d", "EvaluateClient")];
        var (fit, evaluate) = (await PutManifestAsync(federation, "fit", trained), await PutManifestAsync(federation, "evaluate", evaluated));
        var old = await RecordAsync(federation, round: 1, fit, evaluate);
        await federation.Store.DeleteAsync(ArtifactNames.Record("fed", 1), Cancel);
        await federation.Store.DeleteAsync(ArtifactNames.Selection("fed", 1), Cancel);
        int[] places = [1, 3];
        fit = await PutManifestAsync(federation, "placed-fit", [.. trained.Zip(places, (outcome, place) => outcome with { Index = place })]);
        evaluate = await PutManifestAsync(federation, "placed-evaluate", [.. evaluated.Select((outcome, place) => outcome with { Index = place })]);
        await new RecordRound(federation.Store, federation.Networks, federation.Strategies).RunAsync(
            new RecordRoundInput(federation.SpecReference, 1, await federation.InitializeAsync(), new Metrics(2, 0.4), fit, evaluate, 1.5), Cancel);
        var record = (await new RecordedFederation(federation.Store, "fed").FindRecordAsync(1, Cancel))!;

        Assert.Equal(["b", "d", "a"], record.Participants.Select(client => client.Client));
        Assert.Equal([2.0, 1.0, 1.0], record.Participants.Select(client => client.Seconds));
        Assert.Equal(["c", "d"], record.Failures.Select(failure => failure.Client));
        Assert.Equal(ContractJson.Serialize(record), ContractJson.Serialize(old));
    }

    [Fact]
    public async Task A_result_has_every_recorded_round_and_the_model()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var global = await federation.InitializeAsync();
        await RecordAsync(federation, round: 0, null, null);
        await RecordAsync(federation, round: 1, null, null);

        var result = await CompleteAsync(federation, new CompleteFederationInput(federation.SpecReference, 1, global, Failure: null));

        Assert.Equal(FederationStatus.Completed, result.Status);
        Assert.Equal([0, 1], result.Rounds.Select(round => round.Round));
        Assert.Equal(new FederationModel("federations/fed/model.safetensors", global.Sha256), result.Model);
    }

    [Fact]
    public async Task What_was_run_twice_and_failed_first_is_completed_all_the_same()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var global = await federation.InitializeAsync();
        await RecordAsync(federation, round: 0, null, null);
        var failed = await CompleteAsync(federation, new CompleteFederationInput(federation.SpecReference, 0, global, "round 1 failed", Retries: 1));
        await RecordAsync(federation, round: 1, null, null);
        var input = new CompleteFederationInput(federation.SpecReference, 1, global, Failure: null, Retries: 1);

        var completed = await CompleteAsync(federation, input);

        Assert.Equal((FederationStatus.Failed, FederationStatus.Completed), (failed.Status, completed.Status));
        Assert.Equal(completed.Model, (await CompleteAsync(federation, input)).Model);
        Assert.NotNull(await federation.Store.FindAsync(ArtifactNames.Model("fed"), Cancel));
    }

    [Fact]
    public async Task Of_two_starts_each_has_attempts_of_its_own()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var (failures, plan) = (new KeptFailures(federation.Store), FederationPlan.Of(federation.Spec));

        var (first, second) = (await failures.TakeAttemptsAsync("fed", plan, Cancel), await failures.TakeAttemptsAsync("fed", plan, Cancel));

        Assert.Equal((plan.MostAttempts, 2 * plan.MostAttempts), (first, second));
    }

    [Fact]
    public async Task A_failed_federation_keeps_its_rounds_and_says_why()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var global = await federation.InitializeAsync();
        await RecordAsync(federation, round: 0, null, null);

        var result = await CompleteAsync(federation, new CompleteFederationInput(federation.SpecReference, 0, global, "round 1 failed"));

        Assert.Equal((FederationStatus.Failed, "round 1 failed"), (result.Status, result.Failure));
        Assert.Single(result.Rounds);
    }

    [Fact]
    public async Task A_federation_that_failed_has_a_result_without_a_model()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        await RecordAsync(federation, round: 0, null, null);

        var result = await CompleteAsync(
            federation, new CompleteFederationInput(federation.SpecReference, 0, await federation.InitializeAsync(), "round 1 failed"));

        Assert.Equal((FederationStatus.Failed, null), (result.Status, result.Model));
        Assert.Null(await federation.Store.FindAsync(ArtifactNames.Model("fed"), Cancel));
    }

    [Fact]
    public async Task A_result_has_the_spec_and_is_sealed()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { LearningRate = 0.25 });

        var result = await CompleteAsync(federation, new CompleteFederationInput(federation.SpecReference, -1, null, "nothing worked"));

        Assert.Equal((0.25, DocumentSeal.Of(result)), (result.Spec?.LearningRate, result.Seal));
    }

    [Fact]
    public async Task A_damaged_record_does_not_enter_the_result_which_names_it()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var global = await federation.InitializeAsync();
        await RecordAsync(federation, round: 0, null, null);
        var record = await RecordAsync(federation, round: 1, null, null);
        await RecordAsync(federation, round: 2, null, null);
        var name = ArtifactNames.Record("fed", 1);
        await federation.Store.DeleteAsync(name, Cancel);
        await federation.Store.PutJsonAsync(name, record with { CentralLoss = 3 }, Cancel);

        var result = await CompleteAsync(federation, new CompleteFederationInput(federation.SpecReference, 2, global, Failure: null));

        Assert.Equal((FederationStatus.Completed, global.Sha256), (result.Status, result.Model?.Sha256));
        Assert.Equal([0, 2], result.Rounds.Select(round => round.Round));
        Assert.Contains($"'{name}' is damaged", Assert.Single(result.Damage!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_has_vanished_is_named_in_the_result_too()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var global = await federation.InitializeAsync();
        for (var round = 0; round <= 2; round++)
            await RecordAsync(federation, round, null, null);
        var name = ArtifactNames.Record("fed", 1);
        await federation.Store.DeleteAsync(name, Cancel);

        var result = await CompleteAsync(federation, new CompleteFederationInput(federation.SpecReference, 2, global, Failure: null));

        Assert.Equal((FederationStatus.Completed, global.Sha256), (result.Status, result.Model?.Sha256));
        Assert.Equal([0, 2], result.Rounds.Select(round => round.Round));
        Assert.Contains($"'{name}' is missing", Assert.Single(result.Damage!), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task The_first_record_names_the_classes_of_which_no_client_has_an_image(int round, bool isSaid)
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var manifest = await federation.Store.ReadJsonAsync<DatasetManifest>(federation.DatasetReference, Cancel);
        await federation.Store.DeleteAsync(federation.DatasetReference.Name, Cancel);
        await federation.Store.PutJsonAsync(federation.DatasetReference.Name, manifest with { Classes = ["cat", "dog"], ClassesOfNobody = ["dog"] }, Cancel);

        var record = await RecordAsync(federation, round, null, null);

        Assert.Equal(isSaid, record.Events?.Contains("caution: no client has an image of 1 of 2 classes, which nobody can learn: dog") ?? false);
    }

    private static Task<ArtifactReference> PutManyAsync(TemporaryFederation federation, string name, double seconds, double loss) => PutManifestAsync(
        federation, name, [.. Enumerable.Range(0, RoundClients.MostTogether + 1).Select(index => new ClientOutcome(Name(index), 2, seconds, new Metrics(loss, 0.5)) { Index = index })]);

    private static string Name(int client) => ClientNames.Of(client);

    private static ClientOutcome Failed(string client, string activity) => new(client, 0, 0, Failure: new ClientFailure(client, activity, "why"));

    private static Task<ArtifactReference> PutManifestAsync(TemporaryFederation federation, string name, params ClientOutcome[] clients) =>
        federation.Store.PutJsonAsync($"updates/fed/000001/{name}.json", new PartOutcomes(clients), Cancel);

    private static async Task<RoundRecord> RecordAsync(TemporaryFederation federation, int round, ArtifactReference? fit, ArtifactReference? evaluate)
    {
        await federation.PutSelectionAsync(round, fit, evaluate);
        await new RecordRound(federation.Store, federation.Networks, federation.Strategies).RunAsync(
            new RecordRoundInput(federation.SpecReference, round, await federation.InitializeAsync(), new Metrics(2, 0.4), fit, evaluate, 1.5), Cancel);
        return (await new RecordedFederation(federation.Store, "fed").FindRecordAsync(round, Cancel))!;
    }

    private static async Task<FederationResult> CompleteAsync(TemporaryFederation federation, CompleteFederationInput input) =>
        await federation.Store.ReadJsonAsync<FederationResult>(
            await new CompleteFederation(federation.Store).RunAsync(input, Cancel), Cancel);
}
