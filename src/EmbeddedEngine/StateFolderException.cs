namespace FlDurable.EmbeddedEngine;

/// <summary>A state folder can't be used: another process has it, another version wrote it, or it can't be written. The message says which.</summary>
/// <param name="message">What is wrong with which folder, and what to do.</param>
/// <param name="innerException">The cause.</param>
public sealed class StateFolderException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The database can't be read.</summary>
    internal static StateFolderException Unreadable(string folder, Exception cause) => new(
        $"'{Path.Combine(folder, "engine.db")}' can't be used as the engine's database: {cause.Message}. If it is damaged, move it away with its "
        + "-wal and -shm: the same command then goes on from the last round that the artifacts have recorded",
        cause);
}
