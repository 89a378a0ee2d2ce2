using System.Security.Cryptography;

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
        if (length > Array.MaxLength)
            throw new DatasetException(FormattableString.Invariant($"{Place}: {length:N0} bytes; expected at most {Array.MaxLength:N0}"));
        var content = GC.AllocateUninitializedArray<byte>((int)length);
        ReadInto(content);
        return content;
    }

    /// <inheritdoc cref="ReadAll"/>
    public void ReadInto(Memory<byte> content) => Reading(stream =>
    {
        stream.ReadExactly(content.Span);
        return stream.ReadByte() < 0;
    });

    /// <summary>Hashes all of it, without holding it in memory.</summary>
    /// <inheritdoc cref="ReadAll" path="/exception"/>
    public void HashInto(IncrementalHash hash) => Reading(stream =>
    {
        var buffer = new byte[(int)Math.Min(1 << 17, length + 1)];
        var left = length;
        while (stream.Read(buffer) is > 0 and var read)
        {
            left -= read;
            if (left < 0)
                return false;
            hash.AppendData(buffer, 0, read);
        }

        return left == 0 ? true : throw new EndOfStreamException();
    });

    /// <summary>Reads it as a stream, to its end.</summary>
    /// <param name="read">What reads it.</param>
    /// <inheritdoc cref="ReadAll" path="/exception"/>
    public void ReadThrough(Action<Stream> read) => Reading(stream =>
    {
        read(stream);
        return stream.ReadByte() < 0;
    });

    /// <param name="read">Reads all that is expected, and says whether nothing came behind it.</param>
    private void Reading(Func<Stream, bool> read)
    {
        try
        {
            using var stream = open();
            if (!read(stream))
                throw new DatasetException(FormattableString.Invariant($"{Place}: longer than the {length:N0} bytes that it is said to have"));
        }
        catch (EndOfStreamException exception)
        {
            throw new DatasetException(
                FormattableString.Invariant($"{Place}: truncated, expected {length:N0} bytes. Get the file again."), exception);
        }
        catch (InvalidDataException exception)
        {
            throw new DatasetException($"{Place}: truncated or damaged: its content can't be unpacked. Get the file again.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{Place}: can't be read: {FileFailure.Describe(exception)}", exception);
        }
    }
}
