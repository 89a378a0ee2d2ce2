using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Records;

public sealed class RecordedFederationTests : IDisposable
{
    private const string Metric = "centralAccuracy";
    private const int Last = 4;

    private readonly TemporaryFolder folder = new();
    private readonly FileArtifactStore store;
    private readonly RecordedFederation recorded;

    public RecordedFederationTests()
    {
        store = new FileArtifactStore(folder.Path);
        recorded = new RecordedFederation(store, "fed");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_is_whole_is_found()
    {
        await PutAsync();

        Assert.Equal(Last, (await recorded.FindSpecAsync(Cancel))?.Spec.Rounds);
        Assert.Equal(2, (await recorded.FindRecordAsync(2, Cancel))?.Round);
        Assert.Equal(ArtifactNames.GlobalParameters("fed", 2), (await recorded.FindParametersAsync(2, Cancel))?.Name);
        Assert.Equal(ArtifactNames.Model("fed"), (await recorded.FindModelAsync(Cancel))?.Name);
    }

    [Fact]
    public async Task What_is_not_recorded_is_not_there()
    {
        await PutAsync();
        await store.PutAsync(ArtifactNames.GlobalParameters("fed", Last + 1), "not recorded yet"u8.ToArray(), Cancel);

        Assert.Null(await recorded.FindRecordAsync(Last + 1, Cancel));
        Assert.Null(await recorded.FindParametersAsync(Last + 1, Cancel));
        Assert.Null(await new RecordedFederation(store, "none").FindModelAsync(Cancel));
    }

    [Theory]
    [InlineData("global.safetensors", 3)]
    [InlineData("global.safetensors", 0)]
    [InlineData("record.json", 40)]
    public async Task Damage_is_told_with_the_rounds_that_are_whole(string file, int at)
    {
        await PutAsync();
        Flip($"federations/fed/rounds/000002/{file}", at);

        var damage = await Assert.ThrowsAsync<ArtifactCorruptException>(() => recorded.FindParametersAsync(2, Cancel));

        Assert.Contains($"artifact 'federations/fed/rounds/000002/{file}' is damaged", damage.Message, StringComparison.Ordinal);
        Assert.EndsWith("whole are the parameters of rounds 0, 1, 3 and 4", damage.Message, StringComparison.Ordinal);
        Assert.NotNull(await recorded.FindParametersAsync(3, Cancel));
    }

    [Theory]
    [InlineData("last:1", 3)]
    [InlineData("last:2", 2)]
    [InlineData("every:2", 1)]
    [InlineData("every:2", 3)]
    public async Task Parameters_that_retention_has_deleted_are_not_there(string retention, int round)
    {
        await PutAsync(retention);
        await store.DeleteAsync(ArtifactNames.GlobalParameters("fed", round), Cancel);

        Assert.Null(await recorded.FindParametersAsync(round, Cancel));
    }

    [Theory]
    [InlineData("all", 2, "rounds 0, 1, 3 and 4")]
    [InlineData("last:1", 4, "rounds 0, 1, 2 and 3")]
    [InlineData("last:2", 3, "rounds 0, 1, 2 and 4")]
    [InlineData("every:2", 2, "rounds 0, 1, 3 and 4")]
    [InlineData("every:2", 0, "rounds 1, 2, 3 and 4")]
    public async Task Parameters_that_retention_keeps_and_are_gone_are_missed(string retention, int round, string whole)
    {
        await PutAsync(retention);
        await store.DeleteAsync(ArtifactNames.GlobalParameters("fed", round), Cancel);

        var lost = await Assert.ThrowsAsync<ArtifactMissingException>(() => recorded.FindParametersAsync(round, Cancel));

        Assert.Equal(ArtifactNames.GlobalParameters("fed", round), lost.Artifact);
        Assert.EndsWith($"is missing: it was written, and is gone; whole are the parameters of {whole}", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_best_rounds_parameters_are_kept_by_any_retention_and_missed_when_they_are_gone()
    {
        await PutAsync("last:1", best: 1);
        foreach (var round in (int[])[1, 2])
            await store.DeleteAsync(ArtifactNames.GlobalParameters("fed", round), Cancel);

        await Assert.ThrowsAsync<ArtifactMissingException>(() => recorded.FindParametersAsync(1, Cancel));
        Assert.Null(await recorded.FindParametersAsync(2, Cancel));
    }

    [Fact]
    public async Task Parameters_of_a_round_after_which_no_other_is_recorded_were_not_deleted()
    {
        await PutAsync("last:1");
        await store.DeleteAsync(ArtifactNames.Record("fed", Last), Cancel);
        await store.DeleteAsync(ArtifactNames.GlobalParameters("fed", Last - 1), Cancel);

        await Assert.ThrowsAsync<ArtifactMissingException>(() => recorded.FindParametersAsync(Last - 1, Cancel));
    }

    [Fact]
    public async Task Retention_has_deleted_parameters_though_the_record_with_which_it_did_is_lost()
    {
        await PutAsync("last:1");
        await store.DeleteAsync(ArtifactNames.GlobalParameters("fed", 1), Cancel);
        await store.DeleteAsync(ArtifactNames.Record("fed", 2), Cancel);

        Assert.Null(await recorded.FindParametersAsync(1, Cancel));
    }

    [Fact]
    public async Task A_cut_file_is_damaged()
    {
        await PutAsync();
        await using (var file = File.OpenWrite(PathOf(ArtifactNames.GlobalParameters("fed", 2))))
            file.SetLength(2);

        Assert.Contains(
            "its 2 bytes have SHA-256",
            (await Assert.ThrowsAsync<ArtifactCorruptException>(() => recorded.FindParametersAsync(2, Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_model_is_told_with_the_rounds_that_are_whole()
    {
        await PutAsync();
        Flip(ArtifactNames.Model("fed"), 0);
        for (var round = 0; round <= Last; round++)
        {
            if (round != 3)
                Flip(ArtifactNames.GlobalParameters("fed", round), 0);
        }

        var damage = await Assert.ThrowsAsync<ArtifactCorruptException>(() => recorded.FindModelAsync(Cancel));

        Assert.Contains("artifact 'federations/fed/model.safetensors' is damaged", damage.Message, StringComparison.Ordinal);
        Assert.EndsWith("whole are the parameters of round 3", damage.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_whose_last_record_is_damaged_is_known_by_the_result()
    {
        var model = await PutAsync();
        Flip(ArtifactNames.Record("fed", Last), 40);

        Assert.Equal(model, await recorded.FindModelAsync(Cancel));

        Flip(ArtifactNames.Model("fed"), 0);
        await Assert.ThrowsAsync<ArtifactCorruptException>(() => recorded.FindModelAsync(Cancel));
    }

    [Fact]
    public async Task The_last_parameters_of_a_federation_that_failed_are_no_model()
    {
        await PutAsync();
        await store.DeleteAsync(ArtifactNames.Record("fed", Last), Cancel);
        await store.DeleteAsync(ArtifactNames.Result("fed"), Cancel);

        Assert.Null(await recorded.FindModelAsync(Cancel));
    }

    [Fact]
    public async Task A_record_in_the_place_of_anothers_is_damage()
    {
        await PutAsync();
        File.Copy(PathOf(ArtifactNames.Record("fed", 1)), PathOf(ArtifactNames.Record("fed", 2)), overwrite: true);

        Assert.Contains(
            "it is the record of round 1", (await Assert.ThrowsAsync<ArtifactCorruptException>(() => recorded.FindRecordAsync(2, Cancel))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_damaged_record_is_named_and_the_others_are_read()
    {
        await PutAsync();
        Flip(ArtifactNames.Record("fed", 1), 40);
        Flip(ArtifactNames.Record("fed", 3), 40);

        var rounds = await recorded.ReadRecordsAsync(0, Last + 5, recorded: -1, Cancel);

        Assert.Equal([0, 2, 4], rounds.Records.Select(record => record.Round));
        Assert.Equal(2, rounds.Damage.Count);
        Assert.Equal(Last + 1, rounds.Missing);
    }

    [Fact]
    public async Task A_recorded_round_whose_record_is_gone_is_named_and_the_later_ones_are_read()
    {
        await PutAsync();
        await store.DeleteAsync(ArtifactNames.Record("fed", 2), Cancel);

        var rounds = await recorded.ReadRecordsAsync(0, Last + 5, recorded: 3, Cancel);

        Assert.Equal([0, 1, 3, 4], rounds.Records.Select(record => record.Round));
        Assert.Contains("'federations/fed/rounds/000002/record.json' is missing", Assert.Single(rounds.Damage), StringComparison.Ordinal);
        Assert.Equal(Last + 1, rounds.Missing);
        Assert.Equal(2, (await recorded.ReadRecordsAsync(0, Last, recorded: 1, Cancel)).Missing);
        Assert.Null((await recorded.ReadRecordsAsync(0, Last, recorded: 2, Cancel)).Missing);
    }

    [Theory]
    [InlineData(0, Last)]
    [InlineData(Last, Last)]
    [InlineData(Last + 1, null)]
    public async Task The_last_recorded_round_is_found_from_a_first_one(int first, int? last)
    {
        var resolved = await PutPreparedAsync();

        var found = await recorded.FindLastRoundAsync(resolved, first, Cancel);

        Assert.Equal(last, found?.Round);
        if (last is not null)
        {
            Assert.Equal(await store.FindAsync(ArtifactNames.GlobalParameters("fed", Last), Cancel), found!.Global);
            Assert.Equal(await store.FindAsync(ArtifactNames.DatasetManifest("digest"), Cancel), found.Dataset);
        }
    }

    [Fact]
    public async Task Missing_records_are_looked_past()
    {
        var resolved = await PutPreparedAsync();
        foreach (var round in (int[])[0, 2, 3])
            await store.DeleteAsync(ArtifactNames.Record("fed", round), Cancel);

        Assert.Equal(Last, (await recorded.FindLastRoundAsync(resolved, 0, Cancel))?.Round);
    }

    [Fact]
    public async Task Without_the_partitioned_data_there_is_no_round_to_go_on_from()
    {
        await PutAsync();

        Assert.Null(await recorded.FindLastRoundAsync((await recorded.FindSpecAsync(Cancel))!, 0, Cancel));
    }

    [Fact]
    public async Task Parameters_of_the_last_recorded_round_that_are_gone_or_damaged_are_told()
    {
        var resolved = await PutPreparedAsync();
        Flip(ArtifactNames.GlobalParameters("fed", Last), 3);
        Assert.EndsWith(
            "whole are the parameters of rounds 0, 1, 2 and 3",
            (await Assert.ThrowsAsync<ArtifactCorruptException>(() => recorded.FindLastRoundAsync(resolved, 0, Cancel))).Message, StringComparison.Ordinal);

        await store.DeleteAsync(ArtifactNames.GlobalParameters("fed", Last), Cancel);
        Assert.Equal(
            ArtifactNames.GlobalParameters("fed", Last),
            (await Assert.ThrowsAsync<ArtifactMissingException>(() => recorded.FindLastRoundAsync(resolved, 0, Cancel))).Artifact);
    }

    [Fact]
    public async Task No_round_beyond_those_of_the_spec_is_gone_on_from()
    {
        var resolved = await PutPreparedAsync();
        await store.PutJsonAsync(ArtifactNames.Record("fed", Last + 1), Record(Last + 1, "abc"), Cancel);

        Assert.Equal(Last, (await recorded.FindLastRoundAsync(resolved, 0, Cancel))?.Round);
    }

    [Fact]
    public async Task What_the_strategy_kept_of_the_last_recorded_round_is_found_and_held_against_its_record()
    {
        var resolved = await PutPreparedAsync();
        var state = await store.PutAsync(ArtifactNames.StrategyState("fed", Last), "velocity"u8.ToArray(), Cancel);
        await store.DeleteAsync(ArtifactNames.Record("fed", Last), Cancel);
        var last = Record(Last, (await store.FindAsync(ArtifactNames.GlobalParameters("fed", Last), Cancel))!.Sha256) with { StrategyStateSha256 = state.Sha256 };
        await store.PutJsonAsync(ArtifactNames.Record("fed", Last), last, Cancel);

        Assert.Equal(state, (await recorded.FindLastRoundAsync(resolved, 0, Cancel))?.StrategyState);

        Flip(state.Name, 0);
        Assert.Equal(state.Name, (await Assert.ThrowsAsync<ArtifactCorruptException>(() => recorded.FindLastRoundAsync(resolved, 0, Cancel))).Artifact);

        await store.DeleteAsync(state.Name, Cancel);
        Assert.Equal(state.Name, (await Assert.ThrowsAsync<ArtifactMissingException>(() => recorded.FindLastRoundAsync(resolved, 0, Cancel))).Artifact);
    }

    [Fact]
    public async Task A_model_whose_last_record_is_gone_is_known_by_the_result()
    {
        var model = await PutAsync();
        await store.DeleteAsync(ArtifactNames.Record("fed", Last), Cancel);

        Assert.Equal(model, await recorded.FindModelAsync(Cancel));
    }

    [Theory]
    [InlineData("spec.json")]
    [InlineData("result.json")]
    public async Task A_damaged_document_is_told(string name)
    {
        await PutAsync();
        var path = PathOf($"federations/fed/{name}");
        var text = await File.ReadAllTextAsync(path, Cancel);
        await File.WriteAllTextAsync(path, text.Replace("0.001", "0.003", StringComparison.Ordinal), Cancel);

        Func<Task> read = name == "spec.json" ? () => recorded.FindSpecAsync(Cancel) : () => recorded.FindResultAsync(output: null, Cancel);

        Assert.Contains(
            $"'federations/fed/{name}' is damaged", (await Assert.ThrowsAsync<ArtifactCorruptException>(read)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_is_held_against_what_the_federation_ended_with()
    {
        await PutAsync();
        var output = await store.FindAsync(ArtifactNames.Result("fed"), Cancel);
        Assert.NotNull(await recorded.FindResultAsync(output, Cancel));

        var path = PathOf(ArtifactNames.Result("fed"));
        var text = await File.ReadAllTextAsync(path, Cancel);
        await File.WriteAllTextAsync(path, text.Replace("\"seconds\":1", "\"seconds\":2", StringComparison.Ordinal), Cancel);

        Assert.Contains(
            "the federation ended with", (await Assert.ThrowsAsync<ArtifactCorruptException>(() => recorded.FindResultAsync(output, Cancel))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Documents_of_builds_that_knew_no_seal_are_read()
    {
        await store.PutJsonAsync(ArtifactNames.Record("fed", 0), Record(0, "abc"), Cancel);

        Assert.Equal("abc", (await recorded.FindRecordAsync(0, Cancel))?.ParametersSha256);
    }

    /// <summary>Likewise, with its partitioned data.</summary>
    private async Task<ResolvedSpec> PutPreparedAsync()
    {
        await PutAsync();
        await store.PutAsync(ArtifactNames.DatasetManifest("digest"), "{}"u8.ToArray(), Cancel);
        return (await recorded.FindSpecAsync(Cancel))!;
    }

    /// <summary>A federation that is completed, each round's parameters other bytes.</summary>
    private async Task<ArtifactReference> PutAsync(string retention = "all", int? best = null)
    {
        var spec = new FederationSpec
        {
            Id = "fed",
            Rounds = Last,
            Retention = retention,
            KeepBest = best is null ? null : Metric,
        };
        var resolved = new ResolvedSpec(
            ResolvedSpec.CurrentVersion, "fed", "lanes", new DatasetReference("synthetic", "source", "digest"), Initial: null, spec);
        await store.PutJsonAsync(ArtifactNames.Spec("fed"), resolved with { Seal = DocumentSeal.Of(resolved) }, Cancel);
        var records = new List<RoundRecord>();
        for (var round = 0; round <= Last; round++)
        {
            var global = await store.PutAsync(ArtifactNames.GlobalParameters("fed", round), Parameters(round), Cancel);
            var record = Record(round, global.Sha256) with { Best = best is { } kept ? [new BestRound(Metric, kept, 0.5)] : null };
            records.Add(record with { Seal = DocumentSeal.Of(record) });
            await store.PutJsonAsync(ArtifactNames.Record("fed", round), records[^1], Cancel);
        }

        var model = await store.PutAsync(ArtifactNames.Model("fed"), Parameters(Last), Cancel);
        var result = new FederationResult
        {
            Id = "fed",
            Status = FederationStatus.Completed,
            Spec = spec,
            Dataset = resolved.Dataset,
            Engine = "lanes",
            Seed = 42,
            Network = "none",
            Clients = 10,
            Rounds = records,
            Model = new FederationModel(model.Name, model.Sha256),
        };
        await store.PutJsonAsync(ArtifactNames.Result("fed"), result with { Seal = DocumentSeal.Of(result) }, Cancel);
        return model;
    }

    private static byte[] Parameters(int round) => [1, 2, 3, 4, (byte)round];

    private static RoundRecord Record(int round, string sha256) => new()
    {
        Round = round,
        FitLoss = 0.125,
        Seconds = 1,
        ParametersSha256 = sha256,
        Engine = "lanes",
        DatasetDigest = "digest",
        Participants = [],
        Failures = [],
    };

    private string PathOf(string name) => Path.Combine(folder.Path, name);

    private void Flip(string name, int at)
    {
        var content = File.ReadAllBytes(PathOf(name));
        content[at] ^= 1;
        File.WriteAllBytes(PathOf(name), content);
    }
}
