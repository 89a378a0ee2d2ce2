using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;

namespace FlDurable.Orchestrator.Tests.Aggregation;

public sealed class FindOutliersTests
{
    [Fact]
    public async Task More_than_ten_times_the_median_stands_out() => Assert.Equal(
        new FindOutliersResult(20, 2, 2, "client-1"), await FindAsync(1, 20.001, 2, 1e20, 2));

    [Fact]
    public async Task Ten_times_the_median_does_not() => Assert.Equal(new FindOutliersResult(null, 2, 0, null), await FindAsync(1, 20, 2, 3, 2));

    [Fact]
    public async Task Of_two_the_smaller_is_believed() => Assert.Equal(new FindOutliersResult(30, 3, 1, "client-0"), await FindAsync(1e9, 3));

    [Fact]
    public async Task Half_of_the_clients_may_lie() => Assert.Equal(
        new FindOutliersResult(10, 1, 3, "client-0"), await FindAsync(1e9, 1e12, 1e15, 1, 1, 1));

    [Fact]
    public async Task Nobody_stands_out_alone() => Assert.Equal(new FindOutliersResult(null, 1e20, 0, null), await FindAsync(1e20));

    [Fact]
    public async Task Whoever_moved_stands_out_among_those_who_did_not() => Assert.Equal(
        new FindOutliersResult(0, 0, 1, "client-2"), await FindAsync(0, 0, 1));

    [Fact]
    public async Task Clients_without_an_update_do_not_count()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var nobody = await federation.PutCohortAsync(0, new ClientOutcome("a", 0, 0, Failure: new ClientFailure("a", "TrainClient", "why")));

        Assert.Equal(new FindOutliersResult(null, 0, 0, null), await new FindOutliers(federation.Store).RunAsync(new(nobody), TemporaryFederation.Cancel));
    }

    private static async Task<FindOutliersResult> FindAsync(params double[] norms)
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var updates = await federation.PutCohortAsync(
            0, [.. norms.Select((norm, client) => new ClientOutcome($"client-{client}", 1, 0, UpdateNorm: norm))]);
        return await new FindOutliers(federation.Store).RunAsync(new(updates), TemporaryFederation.Cancel);
    }
}
