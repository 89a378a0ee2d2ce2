using System.Runtime.CompilerServices;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>The clients of a manifest, wherever it names them.</summary>
public static class ManifestClients
{
    /// <summary>So many clients are named in one artifact at most: what reads or writes it has that much in memory, whatever the data set has.</summary>
    public const int MostTogether = 10_000;

    /// <summary>Every client, by index, with one part of the manifest in memory at a time.</summary>
    /// <param name="store">Where the manifest's parts are.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="cancellationToken">Looked at between parts.</param>
    /// <exception cref="ArtifactCorruptException">A part is gone, or not what the manifest says. The message says what to do about it.</exception>
    /// <exception cref="ArtifactStoreException">A part can't be read.</exception>
    public static async IAsyncEnumerable<ClientPartition> ReadClientsAsync(
        this IArtifactStore store, DatasetManifest manifest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (manifest.ClientParts is null)
        {
            foreach (var client in manifest.Clients)
                yield return client;
            yield break;
        }

        var first = 0;
        foreach (var part in manifest.ClientParts)
        {
            foreach (var client in await ReadPartAsync(store, manifest.Recipe, part, first, cancellationToken))
                yield return client;
            first += part.Count;
        }
    }

    /// <summary>All clients, by index. Of many, each is made anew when it is asked for: together they would take some kilobytes of memory for each.</summary>
    /// <inheritdoc cref="ReadClientsAsync"/>
    public static async Task<IReadOnlyList<ClientPartition>> ReadAllClientsAsync(
        this IArtifactStore store, DatasetManifest manifest, CancellationToken cancellationToken)
    {
        if (manifest.ClientParts is not { } parts)
            return manifest.Clients;
        if (parts.FirstOrDefault(part => part.Count is < 1 or > MostTogether) is { } wrong)
            throw PartitionedDataset.Damaged(wrong.Content, FormattableString.Invariant($"it is said to have {wrong.Count} clients, expected 1 to {MostTogether}"));
        var clients = new PackedClients(manifest.Recipe.Digest(), manifest.ClientCount);
        await foreach (var client in store.ReadClientsAsync(manifest, cancellationToken))
            clients.Add(client);
        return clients;
    }

    private static async Task<IReadOnlyList<ClientPartition>> ReadPartAsync(
        IArtifactStore store, DatasetRecipe recipe, ManifestPart part, int first, CancellationToken cancellationToken)
    {
        IReadOnlyList<ClientPartition> clients;
        try
        {
            clients = (await store.ReadJsonAsync<ManifestClientList>(part.Content, cancellationToken)).Clients;
        }
        catch (Exception exception) when (exception is ArtifactMissingException or ArtifactCorruptException)
        {
            throw PartitionedDataset.Damaged(part.Content, exception.Message);
        }

        return part.First == first && clients.Count == part.Count && PartitionedDataset.AreOf(recipe, clients, first)
            ? clients
            : throw PartitionedDataset.Damaged(part.Content, FormattableString.Invariant($"expected the clients {first} to {first + part.Count - 1}, with what the recipe gives them"));
    }
}
