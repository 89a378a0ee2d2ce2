using FlDurable.Azurite;
using FlDurable.DurableTask.Hubs;
using FlDurable.DurableTask.Tests.Support;

[assembly: AssemblyFixture(typeof(StorageFixture))]

namespace FlDurable.DurableTask.Tests.Support;

/// <summary>One storage account for all tests; each uses hubs of its own.</summary>
public sealed class StorageFixture : IAsyncLifetime
{
    private TestStorage? storage;

    public string ConnectionString => storage!.ConnectionString;

    /// <summary>A hub that no other test has, set up for tests: looked at often, and as few queues as do.</summary>
    public AzureStorageHub NewHub() => new()
    {
        Connection = ConnectionString,
        Name = $"t{Guid.NewGuid():N}",
        Partitions = 1,
        Parallelism = 8,
        LockTimeout = TimeSpan.FromSeconds(15),
        LongestPoll = TimeSpan.FromMilliseconds(200),
    };

    public async ValueTask InitializeAsync() => storage = await TestStorage.OpenAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (storage is not null)
            await storage.DisposeAsync();
    }
}
