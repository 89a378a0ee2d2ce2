using FlDurable.Azurite;
using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

public sealed class BlobOutageTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_sequence_of_puts_and_reads_outlives_a_service_that_stops_and_comes_back()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var emulator = await TestStorage.StartEmulatorAsync(cancel);
        await using var container = new BlobContainer(emulator.ConnectionString);
        var wire = new Wire();
        var store = container.Open(wire, new AzureBlobStorageOptions());
        var underWay = new TaskCompletionSource();
        var back = new TaskCompletionSource();
        var sequence = Task.Run(() => PutAndReadAsync(store, underWay, back.Task, cancel), cancel);

        await underWay.Task.WaitAsync(cancel);
        await emulator.StopAsync(cancel);
        await wire.Refused.Task.WaitAsync(cancel);
        await emulator.StartAsync(cancel);
        back.SetResult();

        var references = await sequence;
        foreach (var (number, reference) in references.Index())
            Assert.Equal(BitConverter.GetBytes(number), await container.Open().ReadAsync(reference, cancel));
    }

    private static async Task<List<ArtifactReference>> PutAndReadAsync(
        AzureBlobArtifactStore store, TaskCompletionSource underWay, Task until, CancellationToken cancel)
    {
        var references = new List<ArtifactReference>();
        bool last;
        do
        {
            last = until.IsCompleted;
            var number = references.Count;
            var reference = await store.PutAsync($"a/{number}", BitConverter.GetBytes(number), cancel);
            Assert.Equal(BitConverter.GetBytes(number), await store.ReadAsync(reference, cancel));
            references.Add(reference);
            if (number == 10)
                underWay.SetResult();
        }
        while (!last);
        return references;
    }
}
