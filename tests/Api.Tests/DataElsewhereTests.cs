using System.Text.Json;
using FlDurable.Api.Tests.Support;
using FlDurable.Azurite;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.Api.Tests;

/// <summary>A client's data in the storage account of its organisation.</summary>
public sealed class DataElsewhereTests(DataElsewhereTests.Accounts accounts) : IClassFixture<DataElsewhereTests.Accounts>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_federation_with_a_clients_data_in_another_account_comes_to_the_same_bits()
    {
        var cancel = TestContext.Current.CancellationToken;
        var emulator = accounts.Emulator;
        var (own, another) = (ArtifactStorage.Open(emulator.ConnectionString), ArtifactStorage.Open(emulator.AnotherConnectionString));
        await using var first = await ApiHost.StartAsync();
        var allInOnePlace = await first.FinishAsync(ApiHost.Spec("federation"));
        var name = await MoveAsync(new FileArtifactStore(Path.Combine(first.StateFolder, "artifacts")), own, another);

        var others = ArtifactAccounts.Parse(JsonSerializer.Serialize(new Dictionary<string, string> { ["hospital-7"] = emulator.AnotherConnectionString }));
        await using var second = await ApiHost.StartAsync(storage: emulator.ConnectionString, accounts: others);
        var apart = await second.FinishAsync(ApiHost.Spec("federation"));

        Assert.Equal(allInOnePlace.Parameters(), apart.Parameters());
        Assert.All(apart["rounds"]!.AsArray(), round => Assert.Equal(0, round!["failureCount"]!.GetValue<int>()));
        Assert.Null(await own.FindAsync(name, cancel));
    }

    /// <summary>Copies a partitioned data set, the second client's part to another account.</summary>
    /// <returns>That part's name.</returns>
    private static async Task<string> MoveAsync(FileArtifactStore from, AzureBlobArtifactStore own, AzureBlobArtifactStore another)
    {
        var spec = await new RecordedFederation(from, "federation").FindSpecAsync(Cancel);
        var manifestName = ArtifactNames.DatasetManifest(spec!.Dataset!.Digest);
        var manifest = await from.FindJsonAsync<DatasetManifest>(manifestName, Cancel);
        var moved = manifest!.Clients[1];
        foreach (var data in manifest.Clients.Select(client => client.Data).Append(manifest.Test))
            await (data == moved.Data ? another : own).PutAsync(data.Name, await from.ReadAsync(data, Cancel), Cancel);
        var clients = manifest.Clients.Select(client => client == moved ? client with { Data = client.Data with { Account = "hospital-7" } } : client);
        await own.PutJsonAsync(manifestName, manifest with { Clients = [.. clients] }, Cancel);
        return moved.Data.Name;
    }

    /// <summary>An emulator, whose first start may have to install it: that is no part of what the test has its time for.</summary>
    public sealed class Accounts : IAsyncLifetime
    {
        internal IStorageEmulator Emulator { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Emulator = await TestStorage.StartEmulatorAsync(Cancel);

        public async ValueTask DisposeAsync()
        {
            if (Emulator is { } started)
                await started.DisposeAsync();
        }
    }
}
