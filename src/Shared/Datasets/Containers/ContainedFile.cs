namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A file in a folder or an archive. Its content can be read until the next file is asked for.</summary>
/// <param name="container">The container's path, for messages.</param>
/// <param name="name">The file's name in the container, <c>/</c>-separated (<see cref="EntryName"/>).</param>
/// <param name="length">Its length in bytes, as the container says.</param>
/// <param name="open">Opens its content.</param>
internal sealed class ContainedFile(string container, string name, long length, Func<Stream> open)
{
    public string Name => name;

    public long Length => length;

    /// <summary>What messages call it.</summary>
    public string Place => $"{container}: {EntryName.Printable(name)}";

    /// <summary>Reads all of it.</summary>
    /// <exception cref="DatasetException">It can't be read, or ends too early or too late.</exception>
    public byte[] ReadAll()
    {
        var content = GC.AllocateUninitializedArray<byte>(checked((int)length));
        ReadInto(content);
        return content;
    }

    /// <inheritdoc cref="ReadAll"/>
    public void ReadInto(Span<byte> content)
    {
        try
        {
            using var stream = open();
            stream.ReadExactly(content);
            if (stream.ReadByte() >= 0)
                throw new DatasetException(FormattableString.Invariant($"{Place}: longer than the {length:N0} bytes that it is said to have"));
        }
        catch (EndOfStreamException exception)
        {
            throw new DatasetException(
                FormattableString.Invariant($"{Place}: truncated, expected {length:N0} bytes. Get the file again."), exception);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{Place}: can't be read: {exception.Message}", exception);
        }
    }
}
