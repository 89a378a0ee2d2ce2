using FlDurable.Orchestrator;
using Microsoft.Data.Sqlite;

namespace FlDurable.Bench.Federations;

/// <summary>What an engine that has stopped has committed: every message of every instance, and the status that it was left with.</summary>
internal sealed class CommittedMessages : IDisposable
{
    private readonly SqliteConnection connection;

    /// <param name="stateFolder">The engine's folder.</param>
    public CommittedMessages(string stateFolder)
    {
        var database = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(stateFolder, "engine.db"),
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        };
        connection = new SqliteConnection(database.ToString());
        connection.Open();
    }

    /// <summary>The largest input, output, event or custom status, in bytes.</summary>
    public long LargestBytes() => Number(
        """
        SELECT max(length(CAST(message AS BLOB))) FROM (
            SELECT payload AS message FROM history UNION ALL SELECT output FROM instances UNION ALL SELECT custom_status FROM instances)
        """);

    /// <summary>
    /// How many events the history of one round has, with those of all its leaves. Turns are not counted: how many there are depends on
    /// what arrives together.
    /// </summary>
    /// <param name="federation">The federation's id.</param>
    /// <param name="round">The round, from 1.</param>
    public long Events(string federation, int round) => Number(
        "SELECT count(*) FROM history WHERE kind <> 1 AND instance IN (SELECT key FROM instances WHERE id GLOB $round || '-*')",
        FormattableString.Invariant($"{federation}:{Orchestrations.Version.Value}-round-{round}"));

    public void Dispose() => connection.Dispose();

    private long Number(string sql, string? round = null)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (round is not null)
            command.Parameters.AddWithValue("$round", round);
        return (long)command.ExecuteScalar()!;
    }
}
