using FlDurable.EmbeddedEngine.Storage;
using FlDurable.Orchestrator.Durable;
using Microsoft.Data.Sqlite;

namespace FlDurable.EmbeddedEngine;

/// <summary>Looks at a state folder's instances without starting an engine, also while another process runs one.</summary>
public sealed class InstanceReader : IDisposable
{
    private const int ReadOnly = 8; // SQLITE_READONLY
    private const int InputOutput = 10; // SQLITE_IOERR

    private readonly SqliteConnection connection;
    private readonly InstanceListing listing;
    private readonly string stateFolder;

    private InstanceReader(SqliteConnection connection, string stateFolder)
    {
        this.stateFolder = stateFolder;
        this.connection = connection;
        listing = new InstanceListing(connection);
    }

    /// <summary>Opens a state folder for reading; null when no engine ever ran there, or none came so far as to make its tables.</summary>
    /// <exception cref="StateFolderException">It can't be read, or is a newer build's.</exception>
    public static InstanceReader? Open(string stateFolder)
    {
        var path = Path.Combine(stateFolder, "engine.db");
        if (!File.Exists(path))
            return null;
        try
        {
            return Open(path, stateFolder, isImmutable: false);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is ReadOnly or InputOutput && !HasLog(path))
        {
            // Reading makes files beside the database, which a read-only folder or a full disk does not take; there nobody writes either.
            return Open(path, stateFolder, isImmutable: true);
        }
        catch (SqliteException exception)
        {
            throw StateFolderException.Unreadable(stateFolder, exception);
        }
    }

    /// <summary>Whether a process runs an engine on a state folder.</summary>
    public static bool IsAtWork(string stateFolder) => StateFolderLock.IsTaken(stateFolder);

    /// <summary>What the process that has a state folder has written of itself, or the last that had it: its id, what it does there and since when; null where nothing is written.</summary>
    public static string? FindOwner(string stateFolder) => StateFolderLock.FindOwner(stateFolder);

    /// <summary>When the process that has a state folder took it, or the last that had it; null where nothing says so.</summary>
    public static DateTimeOffset? FindTaken(string stateFolder) =>
        StateFolderLock.FindTaken(stateFolder) is { } taken ? new DateTimeOffset(taken, TimeSpan.Zero) : null;

    /// <summary>The last sign of life of the process that has a state folder, or of the last that had it; null where nothing says so.</summary>
    public static SignOfLife? FindSignOfLife(string stateFolder)
    {
        if (StateFolderLock.FindTaken(stateFolder) is not { } taken || Heartbeat.FindLast(stateFolder, taken) is not { } last)
            return null;
        var ago = DateTime.UtcNow - last;
        var isTaken = StateFolderLock.IsTaken(stateFolder);
        return new SignOfLife(
            new DateTimeOffset(last, TimeSpan.Zero), ago > TimeSpan.Zero ? ago : TimeSpan.Zero,
            isTaken ? Heartbeat.ReadWaiting(stateFolder) : new Dictionary<string, string>())
        {
            End = isTaken ? null : Heartbeat.FindEnd(stateFolder),
        };
    }

    /// <summary>What is known of an instance, or null.</summary>
    /// <exception cref="StateFolderException">The database is damaged.</exception>
    public OrchestrationMetadata? Find(string instanceId) => Read(() => listing.Find(instanceId));

    /// <summary>Instances, oldest first, a page at a time.</summary>
    /// <exception cref="StateFolderException">The database is damaged.</exception>
    public OrchestrationPage List(OrchestrationQuery query) => Read(() => listing.List(query));

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();

    private static InstanceReader? Open(string path, string stateFolder, bool isImmutable)
    {
        var source = isImmutable ? $"{new Uri(path).AbsoluteUri}?immutable=1" : path;
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = source, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            connection.Open();
            if (Schema.HasTables(connection, stateFolder))
                return new InstanceReader(connection, stateFolder);
            connection.Dispose();
            return null;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Whether some of the database is still in its log, which only an ordinary reader finds.</summary>
    private static bool HasLog(string path) => new FileInfo($"{path}-wal") is { Exists: true, Length: > 0 };

    private T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SqliteException exception)
        {
            throw StateFolderException.Unreadable(stateFolder, exception);
        }
    }
}
