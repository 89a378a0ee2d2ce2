using FlDurable.Shared.Pickles;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Datasets.Sources.Cifar;

/// <summary>An array of numpy.</summary>
internal sealed class PickledArray
{
    public IReadOnlyList<long> Shape { get; set; } = [];

    /// <summary>numpy's name of the type with its byte order: <c>|u1</c> for unsigned bytes.</summary>
    public string Type { get; set; } = "";

    public bool IsFortran { get; set; }

    public ReadOnlyMemory<byte> Content { get; set; }
}

/// <summary>The pickles of CIFAR's Python version, which Python 2 wrote: of the names that they can call three of numpy's.</summary>
internal sealed class CifarVocabulary : PickleVocabulary
{
    private enum Callable
    {
        Reconstruct,
        Array,
        Type,
    }

    // A batch has some values for each image, and two dozen that hold others.

    /// <inheritdoc/>
    public override int MaxValues => 1 << 22;

    /// <inheritdoc/>
    public override int MaxContainers => 1_000;

    /// <inheritdoc/>
    public override IPickledName Find(string module, string name) => (module, name) switch
    {
        ("numpy.core.multiarray", "_reconstruct") => new Name(Callable.Reconstruct),
        ("numpy", "ndarray") => new Name(Callable.Array),
        ("numpy", "dtype") => new Name(Callable.Type),
        _ => throw new InvalidDataException($"it asks for '{Excerpt.Of($"{module}.{name}")}'"),
    };

    /// <summary>A call: of what makes an empty array, or of what makes a type of its values.</summary>
    public override object Call(object? callable, object? arguments) => (callable, arguments) switch
    {
        (Name(Callable.Reconstruct), object?[] and [Name(Callable.Array), _, _]) => new PickledArray(),
        (Name(Callable.Type), object?[] and [PickledText name, _, _]) => new NumpyType(name.Name),
        _ => throw new InvalidDataException("a call that no array needs"),
    };

    /// <summary>Sets an array's or a type's state, as their classes in numpy do.</summary>
    public override object? Build(object? value, object? state)
    {
        const long version = 1;
        switch (value, state)
        {
            case (PickledArray array, object?[] and [version, object?[] shape, NumpyType type, bool isFortran, PickledText bytes])
                when Array.TrueForAll(shape, size => size is >= 0L and <= int.MaxValue) && type.Order is not null:
                array.Shape = [.. shape.Select(size => (long)size!)];
                array.Type = type.Order + type.Name;
                array.IsFortran = isFortran;
                array.Content = bytes.Bytes;
                return array;
            case (NumpyType type, object?[] and [long, PickledText order, null, null, null, ..]):
                type.Order = order.Name;
                return type;
            default:
                throw new InvalidDataException("a state that no array has");
        }
    }

    private sealed record Name(Callable Callable) : IPickledName;

    private sealed class NumpyType(string name)
    {
        public string Name { get; } = name;

        public string? Order { get; set; }
    }
}
