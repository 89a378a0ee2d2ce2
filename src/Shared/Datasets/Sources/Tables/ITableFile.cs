namespace FlDurable.Shared.Datasets.Sources.Tables;

/// <summary>A file of a table while it is open.</summary>
internal interface ITableFile : IDisposable
{
    /// <summary>Its columns.</summary>
    TableHeader Header { get; }

    /// <summary>Goes through its rows, once.</summary>
    /// <param name="places">The columns that are wanted.</param>
    /// <param name="visit">Is given each row.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DatasetException">A row is not as the first is, or a value is none; the message says where.</exception>
    void Read(TablePlaces places, Action<TableRow> visit, CancellationToken cancellationToken);
}
