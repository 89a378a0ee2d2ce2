using Microsoft.Data.Sqlite;

namespace FlDurable.EmbeddedEngine.Storage;

/// <summary>The tables, and the steps that bring older ones up to date. PRAGMA user_version counts the steps taken.</summary>
internal static class Schema
{
    /// <summary>The steps, oldest first. One that was ever released is never changed: the next is added.</summary>
    public static IReadOnlyList<string> Steps { get; } =
    [
        """
        CREATE TABLE instances (
            key INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            orchestrator TEXT NOT NULL,
            version TEXT NOT NULL,
            root INTEGER NOT NULL,
            parent INTEGER,
            parent_execution INTEGER,
            parent_task INTEGER,
            execution INTEGER NOT NULL,
            status INTEGER NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            custom_status TEXT,
            output TEXT,
            failure TEXT
        ) STRICT;
        CREATE INDEX instances_by_status ON instances (status);
        CREATE TABLE history (
            instance INTEGER NOT NULL,
            position INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            task INTEGER,
            name TEXT,
            child TEXT,
            payload TEXT,
            time INTEGER,
            PRIMARY KEY (instance, position)
        ) STRICT, WITHOUT ROWID;
        """,
        "ALTER TABLE history ADD COLUMN checksum INTEGER",
    ];

    /// <summary>Brings a database up to date.</summary>
    /// <param name="connection">The open database.</param>
    /// <param name="folder">The state folder, for the exception.</param>
    /// <param name="steps">The steps, oldest first.</param>
    /// <exception cref="StateFolderException">
    /// A newer build has taken steps that this one doesn't know, or the database is another program's.
    /// </exception>
    public static void Upgrade(SqliteConnection connection, string folder, IReadOnlyList<string> steps)
    {
        using var transaction = connection.BeginTransaction();
        var taken = StepsTaken(connection, folder);
        if (taken > steps.Count)
            throw Newer(folder, taken, steps.Count);
        using var command = connection.CreateCommand();
        foreach (var step in steps.Skip(taken).Append($"PRAGMA user_version = {steps.Count}"))
        {
            command.CommandText = step;
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    /// <summary>
    /// Whether a database, which is only to be read, has tables: the process that was to make them may have died. What is read without an
    /// engine is as the first step made it.
    /// </summary>
    /// <exception cref="StateFolderException">They are a newer build's, or another program's.</exception>
    public static bool HasTables(SqliteConnection connection, string folder)
    {
        var taken = StepsTaken(connection, folder);
        if (taken == 0)
            return false;
        return taken <= Steps.Count ? true : throw Newer(folder, taken, Steps.Count);
    }

    private static int StepsTaken(SqliteConnection connection, string folder)
    {
        var taken = Scalar("PRAGMA user_version");
        if (taken == 0 && Scalar("SELECT count(*) FROM sqlite_schema") > 0)
            throw new StateFolderException($"'{Path.Combine(folder, "engine.db")}' is another program's database; name another folder");
        return taken;

        int Scalar(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            return Convert.ToInt32(command.ExecuteScalar(), provider: null);
        }
    }

    private static StateFolderException Newer(string folder, int taken, int known) => new(
        $"the state folder '{folder}' has schema version {taken}, this build knows versions up to {known}; "
        + "use the newer build that wrote it, or name another folder");
}
