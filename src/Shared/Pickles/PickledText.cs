using System.Text;

namespace FlDurable.Shared.Pickles;

/// <summary>A string: of Python 2 bytes, of text or not.</summary>
internal sealed record PickledText(ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The longest that is a name.</summary>
    public const int MaxNameLength = 256;

    /// <summary>As a name. The same bytes can be recalled any number of times, each of them a string of its own.</summary>
    /// <exception cref="InvalidDataException">It is too long for one.</exception>
    public string Name => Bytes.Length <= MaxNameLength
        ? ToString()
        : throw new InvalidDataException(FormattableString.Invariant($"a key or a type's name of {Bytes.Length:N0} bytes, more than {MaxNameLength}"));

    /// <inheritdoc/>
    public override string ToString() => Encoding.UTF8.GetString(Bytes.Span);
}
