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
    /// <exception cref="ArtifactCorruptException">A part is not what the manifest says.</exception>
    /// <exception cref="ArtifactStoreException">A part is gone, or can't be read.</exception>
    public static async IAsyncEnumerable<ClientPartition> ReadClientsAsync(
        this IArtifactStore store, DatasetManifest manifest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var client in manifest.Clients)
            yield return client;
        var first = 0;
        foreach (var part in manifest.ClientParts ?? [])
        {
            var clients = (await store.ReadJsonAsync<ManifestClientList>(part.Content, cancellationToken)).Clients;
            if (part.First != first || clients.Count != part.Count || clients.Index().Any(client => client.Item.Index != first + client.Index))
            {
                throw new ArtifactCorruptException(
                    FormattableString.Invariant($"artifact '{part.Content.Name}' is damaged: expected the clients {first} to {first + part.Count - 1}"), part.Content.Name);
            }

            first += part.Count;
            foreach (var client in clients)
                yield return client;
        }
    }

    /// <summary>All clients, by index. Of many, each is made anew when it is asked for: together they would take some kilobytes of memory for each.</summary>
    /// <inheritdoc cref="ReadClientsAsync"/>
    public static async Task<IReadOnlyList<ClientPartition>> ReadAllClientsAsync(
        this IArtifactStore store, DatasetManifest manifest, CancellationToken cancellationToken)
    {
        if (manifest.ClientParts is null)
            return manifest.Clients;
        var clients = new PackedClients(manifest.Recipe.Digest(), manifest.ClientCount);
        await foreach (var client in store.ReadClientsAsync(manifest, cancellationToken))
            clients.Add(client);
        return clients;
    }
}
