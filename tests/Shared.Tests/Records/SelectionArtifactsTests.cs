using CsCheck;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Records;

public sealed class SelectionArtifactsTests
{
    private readonly InMemoryArtifactStore store = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_selection_of_one_leaf_is_one_artifact_that_names_its_clients()
    {
        var reference = await store.PutSelectionAsync("fed", 1, Clients(64), Clients(5), plan: null, cohortSizes: null, Cancel);

        Assert.Equal([ArtifactNames.Selection("fed", 1)], store.Puts);
        var selection = await store.ReadJsonAsync<Selection>(reference, Cancel);
        Assert.Equal((64, 5), (selection.Fit.Count, selection.Evaluate.Count));
    }

    [Theory]
    [InlineData(65, 2)]
    [InlineData(64 * 64, 64)]
    [InlineData((64 * 64) + 1, 2 + 64)]
    public async Task A_larger_one_is_in_parts_as_the_sum_is(int clients, int parts)
    {
        var reference = await store.PutSelectionAsync("fed", 1, Clients(clients), [], plan: null, cohortSizes: null, Cancel);

        Assert.Equal(1 + parts, store.Puts.Count);
        Assert.Equal(ArtifactNames.Selection("fed", 1), store.Puts[^1]);
        Assert.Equal((clients, 0), await CountsAsync(reference));
    }

    [Fact]
    public Task Every_cohort_finds_its_own_clients() =>
        Gen.Select(Gen.Int[1, 9_000], Gen.Int[1, 64], Gen.Int[0, int.MaxValue]).SampleAsync(
            async (count, cohortSize, which) =>
            {
                var selections = new InMemoryArtifactStore();
                var reference = await selections.PutSelectionAsync("fed", 1, Clients(count), Clients(count), plan: null, cohortSizes: null, Cancel);
                var first = which % count / 64 * 64;
                var cohorts = SelectionTree.Cohorts(new SelectionRange(first, Math.Min(64, count - first)), cohortSize).ToList();
                var cohort = cohorts[which % cohorts.Count];

                var found = await selections.ReadSelectedAsync(reference, RoundPhase.Evaluate, cohort, Cancel);

                return found.Select(client => client.Index).SequenceEqual(Enumerable.Range(cohort.First, cohort.Count));
            },
            iter: 30);

    [Fact]
    public async Task What_a_cohort_reads_hardly_grows_with_the_selection()
    {
        var of1000 = await store.PutSelectionAsync("small", 1, Clients(1_000), [], plan: null, cohortSizes: null, Cancel);
        var of100000 = await store.PutSelectionAsync("large", 1, Clients(100_000), [], plan: null, cohortSizes: null, Cancel);

        Assert.InRange(await BytesReadAsync(of100000, 99_968), 1, 3 * await BytesReadAsync(of1000, 960));
    }

    [Theory]
    [InlineData(1_000, 1)]
    [InlineData(-1, 1)]
    [InlineData(60, 5)]
    [InlineData(999, 2)]
    public async Task Clients_that_no_leaf_names_are_an_error(int first, int count)
    {
        var selection = await store.PutSelectionAsync("fed", 1, Clients(1_000), [], plan: null, cohortSizes: null, Cancel);

        await Assert.ThrowsAsync<ArtifactCorruptException>(() =>
            store.ReadSelectedAsync(selection, RoundPhase.Fit, new SelectionRange(first, count), Cancel));
    }

    [Fact]
    public async Task A_part_that_is_not_what_the_selection_says_is_an_error()
    {
        var selection = await store.PutSelectionAsync("fed", 1, Clients(65), [], plan: null, cohortSizes: null, Cancel);
        store.Damage(ArtifactNames.SelectionPart("fed", 1, RoundPhase.Fit, new SelectionRange(64, 1)));

        await Assert.ThrowsAsync<ArtifactCorruptException>(() =>
            store.ReadSelectedAsync(selection, RoundPhase.Fit, new SelectionRange(64, 1), Cancel));
    }

    private async Task<(int Fit, int Evaluate)> CountsAsync(ArtifactReference reference)
    {
        var selection = await store.ReadJsonAsync<Selection>(reference, Cancel);
        return (selection.Of(RoundPhase.Fit).Count, selection.Of(RoundPhase.Evaluate).Count);
    }

    private async Task<long> BytesReadAsync(ArtifactReference selection, int first)
    {
        var before = store.BytesRead;
        await store.ReadSelectedAsync(selection, RoundPhase.Fit, new SelectionRange(first, 32), Cancel);
        return store.BytesRead - before;
    }

    private static List<ClientPartition> Clients(int count) =>
        [.. Enumerable.Range(0, count).Select(index => new ClientPartition(
            index, $"client-{index}", new ArtifactReference(ArtifactNames.ClientData("digest", $"client-{index}"), 100, new string('a', 64)), 9, 1))];
}
