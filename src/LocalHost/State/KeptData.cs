using FlDurable.Api;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Places;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.State;

/// <summary>
/// The partitioned data sets of a state folder and what it all takes up. Federations of one recipe share a data set, so that it stays until
/// the last of them is purged. Where the artifacts are in blob storage, or federations on a task hub, other state folders and hosts may use
/// them too: nothing is known of them here, and nothing is removed.
/// </summary>
internal sealed class KeptData(StateFolder state)
{
    private readonly StateReader reader = new(state);

    /// <summary>Whether the artifacts are in the state folder itself, for its own federations alone.</summary>
    public bool IsHere => state.Storage is null && state.Hub is null;

    /// <summary>The bytes of a federation's artifacts, its data not among them; null where they are elsewhere.</summary>
    public long? BytesOf(string id, CancellationToken cancellationToken) =>
        IsHere ? BytesIn(ArtifactNames.Federation(id), cancellationToken) + BytesIn(ArtifactNames.Updates(id), cancellationToken) : null;

    /// <summary>The bytes of a partitioned data set.</summary>
    public long BytesOfDataset(string digest, CancellationToken cancellationToken) => BytesIn(ArtifactNames.Dataset(digest), cancellationToken);

    /// <summary>The digests of all partitioned data sets that are here.</summary>
    public IReadOnlyList<string> Datasets() => NamesIn("datasets");

    /// <summary>Those of them that no federation uses.</summary>
    /// <exception cref="ArtifactStoreException">It can't be told what a federation uses.</exception>
    public async Task<IReadOnlyList<string>> UnusedAsync(CancellationToken cancellationToken)
    {
        var users = await CountUsersAsync(cancellationToken);
        return [.. Datasets().Where(digest => !users.ContainsKey(digest))];
    }

    /// <summary>All that are here, with what they take up and how many federations use them.</summary>
    /// <exception cref="ArtifactStoreException">It can't be told what a federation uses.</exception>
    public async Task<IReadOnlyList<KeptDataset>> ListAsync(CancellationToken cancellationToken)
    {
        var users = await CountUsersAsync(cancellationToken);
        return [.. Datasets().Select(digest => new KeptDataset(digest, BytesOfDataset(digest, cancellationToken), users.GetValueOrDefault(digest)))];
    }

    /// <summary>Removes one. To be called by whoever has the folder's engine and the data for itself (<see cref="DataUse.TryTakeAlone"/>): nobody then starts to use it meanwhile.</summary>
    /// <returns>The bytes that it had.</returns>
    public async Task<long> RemoveAsync(IArtifactStore store, string digest, CancellationToken cancellationToken)
    {
        var bytes = BytesOfDataset(digest, cancellationToken);
        await store.DeleteAsync(ArtifactNames.DatasetManifest(digest), cancellationToken); // first: with it everything is taken to be there
        await store.DeleteAsync(ArtifactNames.Dataset(digest), cancellationToken);
        return bytes;
    }

    private async Task<Dictionary<string, int>> CountUsersAsync(CancellationToken cancellationToken)
    {
        var users = new Dictionary<string, int>(StringComparer.Ordinal);
        if (Datasets().Count == 0)
            return users;
        foreach (var id in NamesIn("federations").Where(ArtifactNames.IsId))
        {
            if (await reader.FindSpecAsync(id, cancellationToken) is { Dataset: { } dataset })
                users[dataset.Digest] = users.GetValueOrDefault(dataset.Digest) + 1;
        }

        return users;
    }

    private IReadOnlyList<string> NamesIn(string folder)
    {
        var path = new DirectoryInfo(Path.Combine(state.Artifacts, folder));
        return IsHere && path.Exists ? [.. path.EnumerateDirectories().Select(found => found.Name).Order(StringComparer.Ordinal)] : [];
    }

    private long BytesIn(string name, CancellationToken cancellationToken)
    {
        const int mostTries = 10; // each is made since a process at work has removed a file during the one before
        var folder = new DirectoryInfo(Path.Combine(state.Artifacts, name));
        for (var tried = 1; ; tried++)
        {
            try
            {
                folder.Refresh();
                return folder.Exists ? folder.EnumerateFiles("*", SearchOption.AllDirectories).Sum(LengthOf) : 0;
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException && tried < mostTries)
            {
                // It is looked at anew.
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new UsageException($"the state folder '{state.Path}' can't be read: {exception.Message}", exception);
            }
        }

        long LengthOf(FileInfo file)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return file.Length;
        }
    }
}
