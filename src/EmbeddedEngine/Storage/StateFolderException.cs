using Microsoft.Data.Sqlite;

namespace FlDurable.EmbeddedEngine.Storage;

/// <summary>A state folder can't be used: another process has it, another version wrote it, or it can't be written. The message says which.</summary>
/// <param name="message">What is wrong with which folder, and what to do.</param>
/// <param name="innerException">The cause.</param>
public sealed class StateFolderException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    private const string WhatToDo =
        "move it away with its -wal and -shm: the same command then goes on from the last round that the artifacts have recorded";

    /// <summary>The database can't be read.</summary>
    internal static StateFolderException Unreadable(string folder, SqliteException cause) => new(
        $"'{DatabaseIn(folder)}' can't be used as the engine's database: {Words(cause)}. If it is damaged, {WhatToDo}", cause);

    /// <summary>The database can be read, and what it has of an instance can't be gone on with.</summary>
    internal static StateFolderException Damaged(string folder, string instanceId, string problem) => new(
        $"'{DatabaseIn(folder)}' is damaged: the history of '{instanceId}' can't be gone on with, {problem}. Nothing was changed; {WhatToDo}");

    /// <exception cref="StateFolderException">A file of the engine's is a folder.</exception>
    internal static void RefuseFolder(string path)
    {
        if (Directory.Exists(path))
            throw new StateFolderException($"'{path}' is a folder, and a file of the engine's is to be there; move it away");
    }

    /// <summary>A file of the engine's can't be read or written.</summary>
    internal static StateFolderException Unusable(string path, Exception cause) => new($"'{path}' can't be used: {cause.Message}", cause);

    /// <summary>What SQLite says, in words that need no knowledge of it.</summary>
    internal static string Words(SqliteException cause) => cause.SqliteErrorCode switch
    {
        8 => "it may only be read",
        10 => "the disk can't read or write it",
        11 => "its content contradicts itself",
        13 => "the disk is full",
        14 => "it can't be opened",
        26 => "it is no database",
        _ => cause.Message.TrimEnd('.'),
    };

    private static string DatabaseIn(string folder) => Path.Combine(folder, "engine.db");
}
