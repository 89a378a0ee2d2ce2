using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Hosting;

/// <summary>
/// The artifacts of a state folder: in it, or in blob storage, always in the same place. A federation that is gone on with where its
/// artifacts are not would find all of them missing, and fail.
/// </summary>
internal static class StateArtifacts
{
    private const string PlaceFile = "storage";

    /// <summary>Opens the artifacts to write, and remembers where they are.</summary>
    /// <exception cref="UsageException">The folder's artifacts are elsewhere.</exception>
    /// <exception cref="ArtifactStoreException">The storage can't be opened.</exception>
    public static IArtifactStore Open(StateFolder state)
    {
        if (state.Storage is null)
        {
            CheckPlace(state, chosen: null);
            return new FileArtifactStore(state.Artifacts);
        }

        var store = state.Storage.Open();
        CheckPlace(state, store.Address);
        Remember(state, store.Address);
        return store;
    }

    /// <summary>Opens the artifacts to read; null where there can't be any. A folder that is not there is left so.</summary>
    /// <exception cref="UsageException">The folder's artifacts are elsewhere.</exception>
    /// <exception cref="ArtifactStoreException">The storage can't be opened.</exception>
    public static IArtifactStore? Find(StateFolder state)
    {
        var store = state.Storage?.Open();
        CheckPlace(state, store?.Address);
        if (store is not null)
            return store;
        return Directory.Exists(state.Artifacts) ? new FileArtifactStore(state.Artifacts) : null;
    }

    private static void CheckPlace(StateFolder state, string? chosen)
    {
        var file = PlaceFileOf(state);
        var place = File.Exists(file) ? File.ReadAllText(file).Trim() : null;
        if (place is not null && place != chosen)
            throw new UsageException($"the state folder '{state.Path}' has its artifacts in {place}: name that as --storage, or another --state");
        if (place is null && chosen is not null && Directory.Exists(state.Artifacts))
            throw new UsageException($"the state folder '{state.Path}' has its artifacts in itself: leave --storage out, or name another --state");
    }

    private static void Remember(StateFolder state, string place)
    {
        try
        {
            Directory.CreateDirectory(state.Path);
            if (!File.Exists(PlaceFileOf(state)))
                File.WriteAllText(PlaceFileOf(state), place + Environment.NewLine);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the state folder '{state.Path}' can't be written: {exception.Message}", exception);
        }
    }

    private static string PlaceFileOf(StateFolder state) => Path.Combine(state.Path, PlaceFile);
}
