using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>Nodes that die, and nodes that stand still for longer than their locks last.</summary>
public sealed class ClusterFaultTests(StorageFixture storage) : IAsyncLifetime
{
    private Cluster cluster = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => cluster = await Cluster.CreateAsync(storage);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    [Fact]
    public async Task Of_three_nodes_one_dies_and_one_stands_still_past_its_lock_and_the_parameters_are_those_of_one_machine()
    {
        string[] federation = ["run", "--network", "mlp", "--data", "synthetic:train=120,test=10", "--clients", "6", "--json", "--rounds"];
        using var folders = new TestFolders();
        var alone = folders.RunAsync([.. federation, "3", "--id", "alone"]);
        string[] node = ["--partitions", "3", "--lock", "15"];
        var nodes = await Task.WhenAll(cluster.StartNodeAsync(node), cluster.StartNodeAsync(node), cluster.StartNodeAsync(node));
        var watching = cluster.Start([.. federation, "3", "--id", "disturbed"]);
        await watching.WaitForErrorLineAsync("round 1/3");
        await nodes[0].KillAsync();
        nodes[1].StandStill();
        var disturbed = Cluster.Parameters(await watching.EndAsync());

        // What it still had counts for nothing, and it takes part again.
        nodes[1].LetGoOn();
        await nodes[2].KillAsync();
        Assert.Equal(disturbed[..2], Cluster.Parameters(await cluster.RunAsync([.. federation, "1", "--id", "after"])));
        Assert.Equal(Cluster.Parameters(await alone), disturbed);
    }

    [Fact]
    public async Task Nodes_that_stand_still_past_their_locks_in_turn_cost_no_federation_and_change_no_bit()
    {
        string[] federation = ["run", "--network", "mlp", "--data", "synthetic:train=120,test=10", "--clients", "6", "--rounds", "2", "--json", "--id"];
        using var folders = new TestFolders();
        var alone = folders.RunAsync([.. federation, "alone"]);
        string[] node = ["--partitions", "3", "--lock", "15"];
        var nodes = await Task.WhenAll(cluster.StartNodeAsync(node), cluster.StartNodeAsync(node), cluster.StartNodeAsync(node));
        var expected = Cluster.Parameters(await alone);
        foreach (var (still, id) in (IEnumerable<(FlDurableProcess[], string)>)[(nodes[..2], "first"), (nodes[2..], "second")])
        {
            var watching = cluster.Start([.. federation, id]);
            await watching.WaitForErrorLineAsync("round 0/2");
            foreach (var each in still)
                each.StandStill();

            // It ends once the others have what these had; what these go on with then counts for nothing, and they take part again.
            Assert.Equal(expected, Cluster.Parameters(await watching.EndAsync()));
            foreach (var each in still)
                each.LetGoOn();
        }
    }
}
