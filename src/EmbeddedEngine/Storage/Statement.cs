using Microsoft.Data.Sqlite;

namespace FlDurable.EmbeddedEngine.Storage;

/// <summary>A prepared statement with parameters <c>?1</c>, <c>?2</c>, …</summary>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand command;

    public Statement(SqliteConnection connection, string sql, int parameters)
    {
        command = connection.CreateCommand();
        command.CommandText = sql;
        for (var number = 1; number <= parameters; number++)
            command.Parameters.Add(new SqliteParameter($"?{number}", null));
    }

    /// <summary>Runs it.</summary>
    /// <returns>How many rows it changed.</returns>
    /// <exception cref="StateFolderException">The state can't be written; what was committed before is kept.</exception>
    public int Execute(params ReadOnlySpan<object?> values)
    {
        try
        {
            return Bind(values).ExecuteNonQuery();
        }
        catch (SqliteException exception)
        {
            throw new StateFolderException(
                $"the state '{command.Connection!.DataSource}' can't be written: {StateFolderException.Words(exception)}; everything up to the last commit is kept",
                exception);
        }
    }

    /// <summary>Runs a query; the reader is to be disposed before the statement is used again.</summary>
    public SqliteDataReader Query(params ReadOnlySpan<object?> values) => Bind(values).ExecuteReader();

    public void Dispose() => command.Dispose();

    private SqliteCommand Bind(ReadOnlySpan<object?> values)
    {
        for (var index = 0; index < values.Length; index++)
            command.Parameters[index].Value = values[index] ?? DBNull.Value;
        return command;
    }
}
