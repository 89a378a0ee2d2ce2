using System.Buffers.Binary;
using System.Text;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Datasets.Sources.Cifar;

/// <summary>A string of Python 2: bytes, of text or not.</summary>
internal sealed record PickledText(ReadOnlyMemory<byte> Bytes)
{
    public override string ToString() => Encoding.UTF8.GetString(Bytes.Span);
}

/// <summary>An array of numpy.</summary>
internal sealed class PickledArray
{
    public IReadOnlyList<long> Shape { get; set; } = [];

    /// <summary>numpy's name of the type with its byte order: <c>|u1</c> for unsigned bytes.</summary>
    public string Type { get; set; } = "";

    public bool IsFortran { get; set; }

    public ReadOnlyMemory<byte> Content { get; set; }
}

/// <summary>
/// Reads the pickles of CIFAR's Python version, which Python 2 wrote with protocol 2 (PEP 307; the opcodes are those of CPython's pickletools).
/// A pickle is a program for a machine with a stack; of its instructions those are known here that these files need, and of the names that
/// it can call three of numpy's. Nothing is looked up or executed: what else stands in a file ends its reading.
/// </summary>
internal sealed class PickleReader
{
    private const byte Protocol = 2;
    private const int MaxDepth = 64;
    private const int MaxMemo = 1 << 20;

    // A byte of a pickle can make a value of a hundred. A batch has some for each image, and two dozen that hold others.
    private const int MaxValues = 1 << 22;
    private const int MaxContainers = 1_000;
    private const int MaxNameLength = 256;

    private readonly ReadOnlyMemory<byte> content;
    private readonly Stack<object?> stack = new();
    private readonly Dictionary<uint, object?> memo = [];
    private int marks;
    private int values;
    private int containers;
    private int at;

    private PickleReader(ReadOnlyMemory<byte> content) => this.content = content;

    private enum Callable
    {
        Reconstruct,
        Array,
        Type,
    }

    private sealed class Mark;

    private sealed class NumpyType(string name)
    {
        public string Name { get; } = name;

        public string? Order { get; set; }
    }

    /// <summary>Reads one pickle.</summary>
    /// <returns>
    /// A <see cref="Dictionary{TKey, TValue}"/> by text, a <see cref="List{T}"/>, an array (a tuple), a <see cref="PickledArray"/>,
    /// a <see cref="PickledText"/>, a <see cref="long"/>, a <see cref="bool"/> or null.
    /// </returns>
    /// <exception cref="InvalidDataException">It is damaged, or has what CIFAR's files don't need.</exception>
    public static object? Read(ReadOnlyMemory<byte> content)
    {
        var reader = new PickleReader(content);
        while (reader.Step())
        {
        }

        if (reader.stack.Count != 1)
            throw new InvalidDataException(FormattableString.Invariant($"{reader.stack.Count} values instead of one"));
        if (reader.at != content.Length)
            throw new InvalidDataException(FormattableString.Invariant($"{content.Length - reader.at:N0} bytes behind its end"));
        return reader.stack.Pop();
    }

    private bool Step()
    {
        switch (NextByte())
        {
            case 0x80:
                if (NextByte() is not Protocol and var protocol)
                    throw new InvalidDataException(FormattableString.Invariant($"pickle protocol {protocol}; expected {Protocol}"));
                break;
            case (byte)'}':
                PushContainer(new Dictionary<string, object?>(StringComparer.Ordinal));
                break;
            case (byte)']':
                PushContainer(new List<object?>());
                break;
            case (byte)')':
                Push(Array.Empty<object?>());
                break;
            case (byte)'(':
                if (++marks > MaxDepth)
                    throw new InvalidDataException(FormattableString.Invariant($"more than {MaxDepth} open marks"));
                Push(new Mark());
                break;
            case (byte)'q':
                Remember(NextByte());
                break;
            case (byte)'r':
                Remember(BinaryPrimitives.ReadUInt32LittleEndian(Next(4).Span));
                break;
            case (byte)'h':
                Recall(NextByte());
                break;
            case (byte)'j':
                Recall(BinaryPrimitives.ReadUInt32LittleEndian(Next(4).Span));
                break;
            case (byte)'U':
                Push(new PickledText(Next(NextByte())));
                break;
            case (byte)'T':
                Push(new PickledText(Next(BinaryPrimitives.ReadInt32LittleEndian(Next(4).Span))));
                break;
            case (byte)'K':
                Push((long)NextByte());
                break;
            case (byte)'M':
                Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Next(2).Span));
                break;
            case (byte)'J':
                Push((long)BinaryPrimitives.ReadInt32LittleEndian(Next(4).Span));
                break;
            case (byte)'N':
                Push(null);
                break;
            case 0x88:
                Push(true);
                break;
            case 0x89:
                Push(false);
                break;
            case 0x85:
                PushContainer(Pop(1));
                break;
            case 0x86:
                PushContainer(Pop(2));
                break;
            case 0x87:
                PushContainer(Pop(3));
                break;
            case (byte)'t':
                PushContainer(PopToMark());
                break;
            case (byte)'c':
                Push(Find(NextLine(), NextLine()));
                break;
            case (byte)'R':
                Reduce();
                break;
            case (byte)'b':
                Build();
                break;
            case (byte)'a':
                Append(Pop(1));
                break;
            case (byte)'e':
                Append(PopToMark());
                break;
            case (byte)'s':
                SetItems(Pop(2));
                break;
            case (byte)'u':
                SetItems(PopToMark());
                break;
            case (byte)'.':
                return false;
            case var other:
                throw new InvalidDataException(FormattableString.Invariant($"instruction 0x{other:X2} at byte {at - 1:N0}"));
        }

        return true;
    }

    /// <summary>What a name stands for. Nothing is looked up in this program by it.</summary>
    private static object Find(string module, string name) => (module, name) switch
    {
        ("numpy.core.multiarray", "_reconstruct") => Callable.Reconstruct,
        ("numpy", "ndarray") => Callable.Array,
        ("numpy", "dtype") => Callable.Type,
        _ => throw new InvalidDataException($"it asks for '{Excerpt.Of($"{module}.{name}")}'"),
    };

    /// <summary>A call: of what makes an empty array, or of what makes a type of its values.</summary>
    private void Reduce() => PushContainer(Pop(2) switch
    {
        [Callable.Reconstruct, object?[] and [Callable.Array, _, _]] => new PickledArray(),
        [Callable.Type, object?[] and [PickledText name, _, _]] => new NumpyType(NameIn(name)),
        _ => throw new InvalidDataException("a call that no array needs"),
    });

    /// <summary>Sets an array's or a type's state, as their classes in numpy do.</summary>
    private void Build()
    {
        const long version = 1;
        switch (Pop(2))
        {
            case [PickledArray array, object?[] and [version, object?[] shape, NumpyType type, bool isFortran, PickledText bytes]]
                when Array.TrueForAll(shape, size => size is >= 0L and <= int.MaxValue) && type.Order is not null:
                array.Shape = [.. shape.Select(size => (long)size!)];
                array.Type = type.Order + type.Name;
                array.IsFortran = isFortran;
                array.Content = bytes.Bytes;
                Push(array);
                break;
            case [NumpyType type, object?[] and [long, PickledText order, null, null, null, ..]]:
                type.Order = NameIn(order);
                Push(type);
                break;
            default:
                throw new InvalidDataException("a state that no array has");
        }
    }

    private void Append(object?[] items)
    {
        var list = Peek() as List<object?> ?? throw new InvalidDataException("items for what is no list");
        if (Array.Exists(items, item => item is Mark or Callable || ReferenceEquals(item, list)))
            throw new InvalidDataException("an item that no list has");
        list.AddRange(items);
    }

    private void SetItems(object?[] items)
    {
        var dictionary = Peek() as Dictionary<string, object?> ?? throw new InvalidDataException("entries for what is no dictionary");
        if (items.Length % 2 != 0)
            throw new InvalidDataException("a key without a value");
        for (var index = 0; index < items.Length; index += 2)
        {
            var key = items[index] as PickledText ?? throw new InvalidDataException("a key that is no text");
            var name = NameIn(key);
            if (!dictionary.TryAdd(name, items[index + 1]))
                throw new InvalidDataException($"the key '{Excerpt.Of(name)}' twice");
        }
    }

    /// <summary>A text that becomes a string. The same bytes can be recalled any number of times, each of them a string of its own.</summary>
    private static string NameIn(PickledText text) => text.Bytes.Length <= MaxNameLength
        ? text.ToString()
        : throw new InvalidDataException(FormattableString.Invariant($"a key or a type's name of {text.Bytes.Length:N0} bytes, more than {MaxNameLength}"));

    private void Remember(uint index)
    {
        memo[index] = Peek();
        if (memo.Count > MaxMemo)
            throw new InvalidDataException(FormattableString.Invariant($"more than {MaxMemo:N0} remembered values"));
    }

    private void Recall(uint index) => Push(
        memo.TryGetValue(index, out var value) ? value : throw new InvalidDataException(FormattableString.Invariant($"value {index:N0}, which it hasn't remembered")));

    private void PushContainer(object container)
    {
        if (++containers > MaxContainers)
            throw new InvalidDataException(FormattableString.Invariant($"more than {MaxContainers:N0} lists, dictionaries and tuples"));
        Push(container);
    }

    private void Push(object? value)
    {
        if (++values > MaxValues)
            throw new InvalidDataException(FormattableString.Invariant($"more than {MaxValues:N0} values"));
        stack.Push(value);
    }

    private object? Peek() => stack.TryPeek(out var top) && top is not Mark ? top : throw Underflow();

    private object?[] Pop(int count)
    {
        var values = new object?[count];
        for (var index = count - 1; index >= 0; index--)
            values[index] = stack.TryPop(out var value) && value is not Mark ? value : throw Underflow();
        return values;
    }

    private object?[] PopToMark()
    {
        if (marks == 0)
            throw Underflow();
        var values = new List<object?>();
        while (stack.Pop() is var value && value is not Mark)
            values.Add(value);
        marks--;
        values.Reverse();
        return [.. values];
    }

    private static InvalidDataException Underflow() => new("an instruction without a value to work on");

    private byte NextByte() => Next(1).Span[0];

    private ReadOnlyMemory<byte> Next(int length)
    {
        if (length < 0 || length > content.Length - at)
            throw new InvalidDataException(FormattableString.Invariant($"truncated: {length:N0} bytes are asked for at byte {at:N0}"));
        at += length;
        return content.Slice(at - length, length);
    }

    private string NextLine()
    {
        var rest = content.Span[at..];
        var end = rest[..Math.Min(rest.Length, MaxNameLength)].IndexOf((byte)'\n');
        if (end < 0)
            throw new InvalidDataException("a name without an end");
        at += end + 1;
        return Encoding.UTF8.GetString(rest[..end]);
    }
}
