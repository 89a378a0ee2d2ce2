namespace FlDurable.Shared.Pickles;

/// <summary>What pickles of one kind may have: the names that they ask for, what these are called with, instructions besides the usual, and how much.</summary>
internal abstract class PickleVocabulary
{
    /// <summary>A text of Python 3: BINUNICODE.</summary>
    public const byte Unicode = (byte)'X';

    /// <summary>A number: BINFLOAT.</summary>
    public const byte Double = (byte)'G';

    /// <summary>A whole number of up to 255 bytes: LONG1.</summary>
    public const byte Long = 0x8a;

    /// <summary>What lies outside of the pickle: BINPERSID.</summary>
    public const byte Persistent = (byte)'Q';

    /// <summary>Instructions besides the usual, of those above.</summary>
    public virtual ReadOnlySpan<byte> Besides => [];

    /// <summary>A byte of a pickle can make a value of a hundred: so many are made at most.</summary>
    public abstract int MaxValues { get; }

    /// <summary>So many of them are lists, dictionaries and tuples.</summary>
    public abstract int MaxContainers { get; }

    /// <summary>What a name stands for. Nothing is looked up in this program by it.</summary>
    /// <exception cref="InvalidDataException">It is none of the vocabulary.</exception>
    public abstract IPickledName Find(string module, string name);

    /// <summary>What a call comes to.</summary>
    /// <exception cref="InvalidDataException">It is none of the vocabulary.</exception>
    public abstract object Call(object? callable, object? arguments);

    /// <summary>A value that is given a state.</summary>
    /// <exception cref="InvalidDataException">It has no such state.</exception>
    public abstract object? Build(object? value, object? state);

    /// <summary>What lies outside of the pickle.</summary>
    /// <exception cref="InvalidDataException">It is nothing of the vocabulary.</exception>
    public virtual object Load(object? persistentId) => throw new InvalidDataException("a reference to what is no part of it");

    /// <summary>A dictionary's key as a text.</summary>
    /// <exception cref="InvalidDataException">It can be none.</exception>
    public virtual string KeyOf(object? key) => (key as PickledText)?.Name ?? throw new InvalidDataException("a key that is no text");
}

/// <summary>What a name stands for that a pickle asks for.</summary>
internal interface IPickledName;
