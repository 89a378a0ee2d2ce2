using System.Text;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Places;

/// <summary>
/// The artifacts of a state folder: in it, or in blob storage. Once the folder has a federation they stay in that place: gone on with
/// elsewhere, it would find all of them missing, and fail.
/// </summary>
internal static class StateArtifacts
{
    private const string Inside = "itself";
    private const string PlaceFile = "storage";

    // Whoever has just typed an address waits seconds to be told that nothing answers there, not half a minute.
    private static readonly AzureBlobStorageOptions Impatient = new() { MaxRetries = 2, NetworkTimeout = TimeSpan.FromSeconds(5) };

    /// <summary>Makes sure that the artifacts are where the state folder's are, and that their storage answers.</summary>
    /// <exception cref="UsageException">The folder's artifacts are elsewhere.</exception>
    /// <exception cref="ArtifactStoreException">The storage can't be opened or reached.</exception>
    public static async Task ReachAsync(StateFolder state, CancellationToken cancellationToken)
    {
        CheckPlace(state);
        if (state.Storage is not null)
            await state.Storage.Open(Impatient).ReachAsync(cancellationToken);
    }

    /// <summary>Remembers where the artifacts of the folder's federations are. To be called by whoever has the folder's engine.</summary>
    /// <exception cref="UsageException">They are elsewhere, or the folder can't be written.</exception>
    public static void KeepPlace(StateFolder state)
    {
        CheckPlace(state);
        try
        {
            if (state.Storage is null)
                Forget(state);
            else
                state.Files.TryWrite(PlaceFileOf(state), Encoding.UTF8.GetBytes(PlaceOf(state) + Environment.NewLine));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the state folder '{state.Path}' can't be written: {exception.Message}", exception);
        }
    }

    /// <summary>Opens the artifacts to write.</summary>
    /// <exception cref="UsageException">The folder's artifacts are elsewhere.</exception>
    /// <exception cref="ArtifactStoreException">The storage can't be opened.</exception>
    public static IArtifactStore Open(StateFolder state)
    {
        CheckPlace(state);
        return state.Accounts.Join(state.Storage is null ? new FileArtifactStore(state.Artifacts) : new RecentArtifacts(state.Storage.Open()));
    }

    /// <summary>Opens the artifacts to show them; null where there can't be any. A folder that is not there is left so.</summary>
    /// <exception cref="UsageException">The folder's artifacts are elsewhere.</exception>
    /// <exception cref="ArtifactStoreException">The storage can't be opened.</exception>
    public static IArtifactStore? Find(StateFolder state)
    {
        CheckPlace(state);
        if (state.Storage is not null)
            return state.Storage.Open();
        return Directory.Exists(state.Artifacts) ? new FileArtifactStore(state.Artifacts) { OnlyShows = true } : null;
    }

    private static void CheckPlace(StateFolder state)
    {
        if (state.Hub is not null)
            return; // the hub's federations are none of the folder's
        var place = Remembered(state) ?? Inside;
        if (place == PlaceOf(state) || !HasInstances(state))
            return;
        throw new UsageException(place == Inside
            ? $"the state folder '{state.Path}' has its artifacts in itself: leave out --storage (and ${StorageConnection.Variable}), or name another --state"
            : $"the state folder '{state.Path}' has its artifacts in {place}: connect --storage (or ${StorageConnection.Variable}) to that, or name another --state");
    }

    private static bool HasInstances(StateFolder state)
    {
        using var instances = InstanceReader.Open(state.Path);
        return instances?.List(new OrchestrationQuery(PageSize: 1)).Instances.Count > 0;
    }

    // Without what it is connected with: that may be a secret, and may change.
    private static string PlaceOf(StateFolder state) => state.Storage?.Open().Address ?? Inside;

    private static string? Remembered(StateFolder state) =>
        File.Exists(PlaceFileOf(state)) ? File.ReadAllText(PlaceFileOf(state)).Trim() : null;

    private static void Forget(StateFolder state)
    {
        File.Delete(PlaceFileOf(state));
        state.Files.Flush?.Names(state.Path);
    }

    private static string PlaceFileOf(StateFolder state) => Path.Combine(state.Path, PlaceFile);
}
