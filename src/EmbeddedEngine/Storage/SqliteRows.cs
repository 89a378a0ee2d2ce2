using Microsoft.Data.Sqlite;

namespace FlDurable.EmbeddedEngine.Storage;

/// <summary>Reads the columns' conventions: times are UTC ticks, an absent text is null.</summary>
internal static class SqliteRows
{
    public static string? Text(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static DateTime Utc(this SqliteDataReader row, int column) => new(row.GetInt64(column), DateTimeKind.Utc);
}
