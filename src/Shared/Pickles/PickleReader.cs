using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Pickles;

/// <summary>
/// Reads pickles of protocol 2 (PEP 307; the opcodes are those of CPython's pickletools). A pickle is a program for a machine with a stack; of
/// its instructions those are known here that a <see cref="PickleVocabulary"/> needs, and of the names that it can call the vocabulary's.
/// Nothing is looked up or executed: what else stands in a file ends its reading.
/// </summary>
internal sealed class PickleReader
{
    private const byte Protocol = 2;
    private const int MaxDepth = 64;

    // Pickle counts up from 0, and so the greatest number is about the number of values that are remembered.
    private const int MaxMemo = 1 << 20;

    // Pickle writes two instructions for a value at most, one that makes it and one that remembers it, and some that put values together.
    private const int MaxInstructionsPerValue = 4;

    private static readonly object Nothing = new();

    private readonly ReadOnlyMemory<byte> content;
    private readonly PickleVocabulary vocabulary;
    private readonly Stack<object?> stack = new();
    private readonly List<object?> memo = [];
    private int marks;
    private long instructions;
    private int values;
    private int containers;
    private int at;

    private PickleReader(ReadOnlyMemory<byte> content, PickleVocabulary vocabulary) => (this.content, this.vocabulary) = (content, vocabulary);

    private sealed class Mark;

    /// <summary>Reads a pickle that is all there is.</summary>
    /// <param name="content">The pickle.</param>
    /// <param name="vocabulary">What it may have.</param>
    /// <param name="cancellationToken">Looked at between instructions.</param>
    /// <returns>
    /// A <see cref="Dictionary{TKey, TValue}"/> by text, a <see cref="List{T}"/>, an array (a tuple), a <see cref="PickledText"/>, a
    /// <see cref="long"/> or larger a <see cref="BigInteger"/>, a <see cref="double"/>, a <see cref="bool"/>, null, or what the vocabulary makes.
    /// </returns>
    /// <exception cref="InvalidDataException">It is damaged, or has what the vocabulary does not know.</exception>
    public static object? Read(ReadOnlyMemory<byte> content, PickleVocabulary vocabulary, CancellationToken cancellationToken)
    {
        var value = ReadFirst(content, vocabulary, out var length, cancellationToken);
        return length == content.Length
            ? value
            : throw new InvalidDataException(FormattableString.Invariant($"{content.Length - length:N0} bytes behind its end"));
    }

    /// <summary>Reads a pickle that others may follow.</summary>
    /// <param name="content">It begins here.</param>
    /// <param name="vocabulary">What it may have.</param>
    /// <param name="length">How many bytes it has.</param>
    /// <param name="cancellationToken">Looked at between instructions.</param>
    /// <inheritdoc cref="Read"/>
    public static object? ReadFirst(ReadOnlyMemory<byte> content, PickleVocabulary vocabulary, out int length, CancellationToken cancellationToken)
    {
        var reader = new PickleReader(content, vocabulary);
        while (reader.Step())
            cancellationToken.ThrowIfCancellationRequested();

        length = reader.at;
        return reader.stack.Count == 1
            ? reader.stack.Pop()
            : throw new InvalidDataException(FormattableString.Invariant($"{reader.stack.Count} values instead of one"));
    }

    private bool Step()
    {
        var most = (long)MaxInstructionsPerValue * vocabulary.MaxValues;
        if (++instructions > most)
            throw new InvalidDataException(FormattableString.Invariant($"more than {most:N0} instructions"));
        var instruction = NextByte();
        if (vocabulary.Besides.Contains(instruction))
        {
            StepBesides(instruction);
            return true;
        }

        switch (instruction)
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
                Push(vocabulary.Find(NextLine(), NextLine()));
                break;
            case (byte)'R':
                var call = Pop(2);
                PushContainer(vocabulary.Call(call[0], call[1]));
                break;
            case (byte)'b':
                var build = Pop(2);
                Push(vocabulary.Build(build[0], build[1]));
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
            default:
                throw new InvalidDataException(FormattableString.Invariant($"instruction 0x{instruction:X2} at byte {at - 1:N0}"));
        }

        return true;
    }

    /// <summary>Instructions that not every vocabulary has.</summary>
    private void StepBesides(byte instruction)
    {
        switch (instruction)
        {
            case PickleVocabulary.Unicode:
                Push(new PickledText(Next(BinaryPrimitives.ReadInt32LittleEndian(Next(4).Span))));
                break;
            case PickleVocabulary.Double:
                Push(BinaryPrimitives.ReadDoubleBigEndian(Next(sizeof(double)).Span));
                break;
            case PickleVocabulary.Long:
                var number = new BigInteger(Next(NextByte()).Span);
                Push(number >= long.MinValue && number <= long.MaxValue ? (long)number : (object)number);
                break;
            case PickleVocabulary.Persistent:
                Push(vocabulary.Load(Pop(1)[0]));
                break;
            default:
                throw new InvalidOperationException($"no instruction 0x{instruction:X2} is known");
        }
    }

    private void Append(object?[] items)
    {
        var list = Peek() as List<object?> ?? throw new InvalidDataException("items for what is no list");
        if (Array.Exists(items, item => item is Mark or IPickledName || ReferenceEquals(item, list)))
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
            var name = vocabulary.KeyOf(items[index]);
            if (!dictionary.TryAdd(name, items[index + 1]))
                throw new InvalidDataException($"the key '{Excerpt.Of(name)}' twice");
        }
    }

    private void Remember(uint index)
    {
        var value = Peek();
        if (index >= MaxMemo)
            throw new InvalidDataException(FormattableString.Invariant($"a value remembered as number {index:N0}; expected numbers below {MaxMemo:N0}"));
        while (memo.Count <= index)
            memo.Add(Nothing);
        memo[(int)index] = value;
    }

    private void Recall(uint index) => Push(
        index < memo.Count && memo[(int)index] is var value && value != Nothing ? value : throw new InvalidDataException(FormattableString.Invariant($"value {index:N0}, which it hasn't remembered")));

    private void PushContainer(object container)
    {
        if (++containers > vocabulary.MaxContainers)
            throw new InvalidDataException(FormattableString.Invariant($"more than {vocabulary.MaxContainers:N0} lists, dictionaries and tuples"));
        Push(container);
    }

    private void Push(object? value)
    {
        if (++values > vocabulary.MaxValues)
            throw new InvalidDataException(FormattableString.Invariant($"more than {vocabulary.MaxValues:N0} values"));
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
        var end = rest[..Math.Min(rest.Length, PickledText.MaxNameLength)].IndexOf((byte)'\n');
        if (end < 0)
            throw new InvalidDataException("a name without an end");
        at += end + 1;
        return Encoding.UTF8.GetString(rest[..end]);
    }
}
