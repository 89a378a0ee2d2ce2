using System.Globalization;
using FlDurable.LocalHost.CommandLine;
using Microsoft.Data.Sqlite;

namespace FlDurable.LocalHost.Sites;

/// <summary>
/// <c>work.db</c> of a state folder: its sites and its pool of workers, their keys' hashes, and the work that is offered to them. Processes may share it, so that keys are
/// made while a server runs. Each transaction is on the disk when it returns.
/// </summary>
internal sealed class WorkDatabase : IDisposable
{
    private const string FileName = "work.db";
    private const int SchemaVersion = 6;

    private const string PoolSchema =
        """
        CREATE TABLE pool (
            name TEXT PRIMARY KEY
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE pool_keys (
            hash TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            made INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE pool_workers (
            process TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            build TEXT NOT NULL,
            asked INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """;

    // Of workers that are gone: a site, or the id of a process of the pool, and when it was last heard of.
    private const string GoneSchema =
        """
        CREATE TABLE gone (
            worker TEXT PRIMARY KEY,
            heard INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """;

    private const string Schema =
        $"""
        CREATE TABLE sites (
            name TEXT PRIMARY KEY,
            process TEXT,
            asked INTEGER,
            enrolment TEXT,
            refused INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE keys (
            hash TEXT PRIMARY KEY,
            site TEXT NOT NULL,
            made INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE offers (
            number INTEGER PRIMARY KEY,
            work TEXT NOT NULL UNIQUE,
            site TEXT NOT NULL,
            offer TEXT NOT NULL,
            lease TEXT UNIQUE,
            process TEXT,
            request TEXT,
            expires INTEGER,
            taken INTEGER,
            deliveries INTEGER NOT NULL DEFAULT 0,
            withdrawn INTEGER NOT NULL DEFAULT 0,
            result TEXT,
            told INTEGER NOT NULL DEFAULT 0,
            changed INTEGER NOT NULL,
            unsuited TEXT,
            refused INTEGER
        ) STRICT;
        CREATE INDEX offers_by_site ON offers (site) WHERE result IS NULL AND withdrawn = 0;
        CREATE INDEX offers_untold ON offers (told) WHERE result IS NOT NULL AND told = 0;
        {PoolSchema}
        {GoneSchema}
        """;

    // By the version that it is of: what makes it the next one.
    private static readonly Dictionary<int, string> Changes = new()
    {
        [1] = "ALTER TABLE offers ADD COLUMN request TEXT;",
        [2] = "ALTER TABLE sites ADD COLUMN refused INTEGER;",
        [3] = PoolSchema,
        [4] = "ALTER TABLE offers ADD COLUMN unsuited TEXT; ALTER TABLE offers ADD COLUMN refused INTEGER;",
        [5] = GoneSchema,
    };

    private readonly Lock gate = new();
    private readonly SqliteConnection connection;

    private WorkDatabase(SqliteConnection connection) => this.connection = connection;

    /// <summary>Opens a folder's database, or makes it, and the folder too.</summary>
    /// <exception cref="UsageException">It can't be used.</exception>
    public static WorkDatabase Open(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            Directory.CreateDirectory(folder);
            connection.Open();
            var database = new WorkDatabase(connection);
            database.Prepare(path);
            return database;
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            connection.Dispose();
            throw new UsageException($"the database of sites '{path}' can't be used: {exception.Message}", exception);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Reads a folder's database, also while another process has it.</summary>
    /// <returns>Default where there is none of this build's.</returns>
    /// <exception cref="IOException">It can't be read.</exception>
    public static T? TryRead<T>(string folder, Func<SqliteConnection, T> read)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return default;
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString());
            connection.Open();
            return VersionOf(connection) == SchemaVersion ? read(connection) : default;
        }
        catch (SqliteException exception)
        {
            throw new IOException($"the database of sites '{path}' can't be read: {exception.Message}", exception);
        }
    }

    /// <summary>Does something with the database, alone, and commits it.</summary>
    /// <exception cref="IOException">The database can't be read or written; nothing is done.</exception>
    public T Do<T>(Func<SqliteConnection, T> work)
    {
        lock (gate)
        {
            try
            {
                using var transaction = connection.BeginTransaction(deferred: false);
                var done = work(connection);
                transaction.Commit();
                return done;
            }
            catch (SqliteException exception)
            {
                throw new IOException($"the database of sites '{connection.DataSource}' can't be used: {exception.Message}", exception);
            }
        }
    }

    public void Dispose() => connection.Dispose();

    private static int VersionOf(SqliteConnection database) => Convert.ToInt32(database.Scalar("PRAGMA user_version"), CultureInfo.InvariantCulture);

    private void Prepare(string path)
    {
        using (var pragmas = connection.CreateCommand())
        {
            pragmas.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
            pragmas.ExecuteNonQuery();
        }

        Do(database =>
        {
            var version = VersionOf(database);
            if (version > SchemaVersion)
                throw new UsageException($"the database of sites '{path}' has schema version {version}, this build knows {SchemaVersion}: use the newer build that wrote it");
            if (version == SchemaVersion)
                return 0;
            var changes = version == 0 ? Schema : string.Join('\n', Enumerable.Range(version, SchemaVersion - version).Select(from => Changes[from]));
            return database.Execute($"{changes}\nPRAGMA user_version = {SchemaVersion};");
        });
    }
}

/// <summary>Runs statements with parameters <c>?1</c>, <c>?2</c>, … An absent value is null; times are UTC ticks.</summary>
internal static class WorkStatements
{
    /// <returns>How many rows were changed.</returns>
    public static int Execute(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        using var command = Prepare(connection, sql, values);
        return command.ExecuteNonQuery();
    }

    /// <returns>The first column of the first row; null if there is none, or it is null.</returns>
    public static object? Scalar(this SqliteConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        using var command = Prepare(connection, sql, values);
        return command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    /// <returns>Every row.</returns>
    public static List<T> Query<T>(this SqliteConnection connection, string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var command = Prepare(connection, sql, values);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(read(reader));
        return rows;
    }

    public static string? Text(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static long? Number(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    // Whoever calls has texts of its own; what comes from elsewhere is a parameter.
    private static SqliteCommand Prepare(SqliteConnection connection, string sql, ReadOnlySpan<object?> values)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // No text from elsewhere is in it.
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var index = 0; index < values.Length; index++)
            command.Parameters.Add(new SqliteParameter($"?{index + 1}", values[index] ?? DBNull.Value));
        return command;
    }
}
