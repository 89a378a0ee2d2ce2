using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace FlDurable.Shared.Datasets.Sources.Parquet;

/// <summary>A Parquet file in memory, a group of rows at a time.</summary>
internal sealed class ParquetTable : IAsyncDisposable
{
    private const int FooterLength = 8;
    private const int MaxMetadataLength = 64 << 20;
    private const int MaxMetadataText = 16 << 20;

    private readonly ParquetReader reader;
    private readonly string place;

    private ParquetTable(ParquetReader reader, string place) => (this.reader, this.place) = (reader, place);

    /// <summary>The columns, each with the path to it: <c>image/bytes</c>.</summary>
    public IReadOnlyList<DataField> Columns => reader.Schema.DataFields;

    /// <summary>How many groups of rows there are.</summary>
    public int Groups => reader.RowGroupCount;

    /// <summary>A text of the file's own metadata.</summary>
    public string? Metadata(string key) => reader.CustomMetadata.TryGetValue(key, out var text) && text.Length <= MaxMetadataText ? text : null;

    /// <summary>Opens a file.</summary>
    /// <exception cref="DatasetException">It is none, damaged, or encrypted.</exception>
    public static async Task<ParquetTable> OpenAsync(byte[] file, string place, CancellationToken cancellationToken)
    {
        if (file.AsSpan().StartsWith("PARE"u8) || file.AsSpan().EndsWith("PARE"u8))
            throw new DatasetException($"{place}: an encrypted Parquet file; expected one without encryption");
        if (file.Length < FooterLength + ParquetFiles.Magic.Length || !file.AsSpan().StartsWith(ParquetFiles.Magic) || !file.AsSpan().EndsWith(ParquetFiles.Magic))
            throw new DatasetException($"{place}: no Parquet file, or a truncated one: expected it to begin and to end with PAR1");

        // The reader takes as much memory as the file says.
        var footer = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(file.Length - FooterLength));
        if (footer > file.Length - FooterLength - ParquetFiles.Magic.Length || footer > MaxMetadataLength)
            throw new DatasetException(FormattableString.Invariant($"{place}: damaged: a footer of {footer:N0} bytes in a file of {file.Length:N0}"));
        return await Guarded(place, "its footer", async () =>
        {
            var table = new ParquetTable(await ParquetReader.CreateAsync(new MemoryStream(file), cancellationToken: cancellationToken), place);
            if (table.reader.Metadata is { NumRows: < 0 or > DatasetLimits.MaxEntries } metadata)
                throw new DatasetException(FormattableString.Invariant($"{place}: {metadata.NumRows:N0} rows; expected at most {DatasetLimits.MaxEntries:N0}"));
            return table;
        });
    }

    /// <summary>The rows of a group.</summary>
    /// <exception cref="DatasetException">They are more than there may be.</exception>
    public int Rows(int group)
    {
        using var rows = reader.OpenRowGroupReader(group);
        return rows.RowCount is >= 0 and <= DatasetLimits.MaxEntries
            ? (int)rows.RowCount
            : throw new DatasetException(FormattableString.Invariant($"{place}: {rows.RowCount:N0} rows in group {group}; expected at most {DatasetLimits.MaxEntries:N0}"));
    }

    /// <summary>Bytes of a column; null where a row has none.</summary>
    public Task<byte[]?[]> BytesAsync(int group, DataField column, CancellationToken cancellationToken) =>
        ReadAsync<ReadOnlyMemory<byte>, byte[]?>(group, column, value => value.ToArray(), cancellationToken);

    /// <summary>Texts of a column, also of whole numbers; null where a row has none.</summary>
    public Task<string?[]> TextsAsync(int group, DataField column, CancellationToken cancellationToken)
    {
        return Type.GetTypeCode(column.ClrType) switch
        {
            TypeCode.SByte => Numbers<sbyte>(),
            TypeCode.Byte => Numbers<byte>(),
            TypeCode.Int16 => Numbers<short>(),
            TypeCode.UInt16 => Numbers<ushort>(),
            TypeCode.Int32 => Numbers<int>(),
            TypeCode.UInt32 => Numbers<uint>(),
            TypeCode.Int64 => Numbers<long>(),
            TypeCode.UInt64 => Numbers<ulong>(),
            _ => ReadAsync<ReadOnlyMemory<char>, string?>(group, column, value => value.ToString(), cancellationToken),
        };

        Task<string?[]> Numbers<T>()
            where T : struct, IFormattable
            => ReadAsync<T, string?>(group, column, value => value.ToString(null, CultureInfo.InvariantCulture), cancellationToken);
    }

    /// <summary>Numbers of a column; null where a row has none.</summary>
    public Task<double?[]> NumbersAsync(int group, DataField column, CancellationToken cancellationToken)
    {
        return Type.GetTypeCode(column.ClrType) switch
        {
            TypeCode.SByte => Numbers<sbyte>(),
            TypeCode.Byte => Numbers<byte>(),
            TypeCode.Int16 => Numbers<short>(),
            TypeCode.UInt16 => Numbers<ushort>(),
            TypeCode.Int32 => Numbers<int>(),
            TypeCode.UInt32 => Numbers<uint>(),
            TypeCode.Int64 => Numbers<long>(),
            TypeCode.UInt64 => Numbers<ulong>(),
            TypeCode.Single => Numbers<float>(),
            _ => Numbers<double>(),
        };

        Task<double?[]> Numbers<T>()
            where T : struct, INumber<T>
            => ReadAsync<T, double?>(group, column, value => double.CreateChecked(value), cancellationToken);
    }

    /// <summary>Whether a column has texts.</summary>
    public static bool IsText(DataField column) => column.ClrType == typeof(ReadOnlyMemory<char>) || column.ClrType == typeof(string);

    /// <summary>Whether a column has bytes.</summary>
    public static bool IsBytes(DataField column) => column.ClrType == typeof(ReadOnlyMemory<byte>) || column.ClrType == typeof(byte[]);

    /// <summary>Whether a column has whole numbers.</summary>
    public static bool IsWhole(DataField column) => Type.GetTypeCode(column.ClrType) is >= TypeCode.SByte and <= TypeCode.UInt64 && column.ClrType.IsPrimitive;

    /// <summary>Whether a column has numbers, whole or not.</summary>
    public static bool IsNumber(DataField column) => IsWhole(column) || column.ClrType == typeof(float) || column.ClrType == typeof(double);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => reader.DisposeAsync();

    /// <summary>
    /// The values of a column's rows. They are taken by their definition levels: what the library makes of a null within a group that isn't null moves
    /// the values behind it.
    /// </summary>
    private Task<TValue[]> ReadAsync<T, TValue>(int group, DataField column, Func<T, TValue> convert, CancellationToken cancellationToken)
        where T : struct
        => Guarded(place, $"column '{column.Path}'", async () =>
        {
            using var rows = reader.OpenRowGroupReader(group);
            using var read = await rows.ReadRawColumnDataBaseAsync(column, cancellationToken);
            var values = new TValue[(int)rows.RowCount];
            Fill((RawColumnData<T>)read, column, convert, values);
            return values;
        });

    private static void Fill<T, TValue>(RawColumnData<T> read, DataField column, Func<T, TValue> convert, TValue[] values)
        where T : struct
    {
        var levels = column.MaxDefinitionLevel == 0 ? [] : read.DefinitionLevels;
        if (column.MaxRepetitionLevel > 0 || (column.MaxDefinitionLevel > 0 && levels.Length != values.Length))
            throw new InvalidDataException("it has other rows than its group");
        var next = 0;
        for (var row = 0; row < values.Length; row++)
        {
            if (levels.IsEmpty || levels[row] == column.MaxDefinitionLevel)
                values[row] = convert(read.Values[next++]);
        }
    }

    /// <summary>What the library ends in on damaged files is of many types.</summary>
    private static async Task<T> Guarded<T>(string place, string what, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (NotSupportedException exception)
        {
            throw new DatasetException($"{place}: {what}: written in a way that is not read: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is not (DatasetException or OperationCanceledException))
        {
            throw new DatasetException($"{place}: {what}: truncated or damaged, or written in a way that is not read ({exception.Message})", exception);
        }
    }
}
