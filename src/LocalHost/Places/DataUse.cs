using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Places;

/// <summary>
/// Keeps commands that use partitioned data without the folder's engine, as many as there are, apart from one that removes it: what is being read
/// would go, and what is being written would stay in parts.
/// </summary>
internal sealed class DataUse : IDisposable
{
    private readonly FileStream? file;

    private DataUse(FileStream? file) => this.file = file;

    /// <summary>Uses the data: until this is disposed of nothing of it is removed.</summary>
    /// <exception cref="UsageException">Some of it is being removed now.</exception>
    public static DataUse Begin(StateFolder state) =>
        TryBegin(state) ?? throw new UsageException($"data is being removed from the state folder '{state.Path}': try again when that purge is done");

    /// <summary>As <see cref="Begin"/>; null while some of it is being removed.</summary>
    public static DataUse? TryBegin(StateFolder state)
    {
        if (state.Storage is not null)
            return new DataUse(null); // where nothing is removed
        try
        {
            Directory.CreateDirectory(state.Path);
            return new DataUse(new FileStream(PathIn(state), FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read));
        }
        catch (IOException exception) when (FileLocks.IsHeldByAnother(exception))
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new DataUse(null); // whoever may write nothing there can still read what there is
        }
    }

    /// <summary>Has the data for itself, to remove some of it; null while others use it.</summary>
    /// <exception cref="UsageException">The folder can't be written.</exception>
    public static DataUse? TryTakeAlone(StateFolder state)
    {
        try
        {
            return new DataUse(new FileStream(PathIn(state), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (FileLocks.IsHeldByAnother(exception))
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the state folder '{state.Path}' can't be written: {exception.Message}", exception);
        }
    }

    public void Dispose() => file?.Dispose();

    private static string PathIn(StateFolder state) => Path.Combine(state.Path, "data.lock");
}
