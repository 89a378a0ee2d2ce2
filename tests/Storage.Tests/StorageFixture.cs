using FlDurable.Azurite;
using FlDurable.Storage.Tests;

[assembly: AssemblyFixture(typeof(StorageFixture))]

namespace FlDurable.Storage.Tests;

/// <summary>One storage account for all tests; each uses containers of its own.</summary>
public sealed class StorageFixture : IAsyncLifetime
{
    private TestStorage? storage;

    public string ConnectionString => storage!.ConnectionString;

    public async ValueTask InitializeAsync() => storage = await TestStorage.OpenAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (storage is not null)
            await storage.DisposeAsync();
    }
}
