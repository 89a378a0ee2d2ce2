using FlDurable.Shared.Pickles;

namespace FlDurable.Shared.Checkpoints;

/// <summary>A type of values as PyTorch names its storages.</summary>
/// <param name="Dtype">As safetensors name it.</param>
/// <param name="Size">Bytes of a value.</param>
internal sealed record TorchType(string Dtype, int Size) : IPickledName
{
    /// <summary>The types that are read, by the name of their storage.</summary>
    public static TorchType? Find(string name) => name switch
    {
        "FloatStorage" => new("F32", 4),
        "HalfStorage" => new("F16", 2),
        "BFloat16Storage" => new("BF16", 2),
        "DoubleStorage" => new("F64", 8),
        "LongStorage" => new("I64", 8),
        "IntStorage" => new("I32", 4),
        "ShortStorage" => new("I16", 2),
        "CharStorage" => new("I8", 1),
        "ByteStorage" => new("U8", 1),
        "BoolStorage" => new("BOOL", 1),
        _ => null,
    };
}

/// <summary>Values that lie outside of the pickle; tensors are views of them, and may share them.</summary>
/// <param name="Type">Their type.</param>
/// <param name="Key">Their name in the file.</param>
/// <param name="Count">How many there are, as the pickle says.</param>
internal sealed record TorchStorage(TorchType Type, string Key, long Count);

/// <summary>A tensor: a view of a storage.</summary>
/// <param name="Storage">Its values.</param>
/// <param name="Offset">The first one.</param>
/// <param name="Sizes">Its dimensions, outermost first.</param>
/// <param name="Strides">How many values lie between neighbours, for each dimension.</param>
internal sealed record TorchTensor(TorchStorage Storage, long Offset, IReadOnlyList<long> Sizes, IReadOnlyList<long> Strides);
