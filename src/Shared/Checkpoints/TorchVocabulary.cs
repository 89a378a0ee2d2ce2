using FlDurable.Shared.Pickles;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Checkpoints;

/// <summary>
/// The pickles that <c>torch.save</c> writes of dictionaries of tensors: of the names that they can call, those of an ordered dictionary, of a
/// tensor and of a parameter, and besides the types of storages.
/// </summary>
internal sealed class TorchVocabulary : PickleVocabulary
{
    private const int MaxDimensions = 64;

    private enum Callable
    {
        OrderedDictionary,
        Tensor,
        Parameter,
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Besides => [Unicode, Double, Long, Persistent];

    // A tensor is some 30 values, of which 8 hold others; with an optimizer's state there are three times as many.

    /// <inheritdoc/>
    public override int MaxValues => 1 << 20;

    /// <inheritdoc/>
    public override int MaxContainers => 1 << 18;

    /// <summary>The storages that were named, by key.</summary>
    public Dictionary<string, TorchStorage> Storages { get; } = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override IPickledName Find(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => new Name(Callable.OrderedDictionary),
        ("torch._utils", "_rebuild_tensor_v2") => new Name(Callable.Tensor),
        ("torch._utils", "_rebuild_parameter") => new Name(Callable.Parameter),
        ("torch", _) when TorchType.Find(name) is { } type => type,
        _ => throw new InvalidDataException($"it asks for '{Excerpt.Printable($"{module}.{name}")}', and nothing but tensors by name is read: torch.save(model.state_dict(), …) saves these alone"),
    };

    /// <inheritdoc/>
    public override object Call(object? callable, object? arguments) => (callable, arguments) switch
    {
        (Name(Callable.OrderedDictionary), object?[] and []) => new Dictionary<string, object?>(StringComparer.Ordinal),
        (Name(Callable.Tensor), object?[] and [TorchStorage storage, long offset, object?[] sizes, object?[] strides, ..]) => Tensor(storage, offset, sizes, strides),
        (Name(Callable.Parameter), object?[] and [TorchTensor tensor, ..]) => tensor,
        _ => throw new InvalidDataException("a call that no tensor needs"),
    };

    /// <summary>A state's own attributes (<c>_metadata</c>) say nothing of its tensors.</summary>
    public override object? Build(object? value, object? state) =>
        value is Dictionary<string, object?> ? value : throw new InvalidDataException("an object with attributes of its own");

    /// <inheritdoc/>
    public override object Load(object? persistentId)
    {
        // Before 1.6 a sixth value told of views, and tensors have said that themselves for long.
        if (persistentId is not object?[] parts || parts is not ([_, _, _, _, _] or [_, _, _, _, _, null])
            || parts is not [PickledText kind, TorchType type, PickledText key, PickledText, long count, ..] || kind.ToString() != "storage" || count < 0)
        {
            throw new InvalidDataException("a storage that isn't told of as PyTorch does");
        }

        var storage = new TorchStorage(type, key.Name, count);
        if (!Storages.TryAdd(key.Name, storage) && Storages[key.Name] != storage)
            throw new InvalidDataException($"storage '{Excerpt.Printable(key.Name)}' has two types or lengths");
        return storage;
    }

    /// <summary>An optimizer's state has numbers for keys.</summary>
    public override string KeyOf(object? key) => key is long number ? FormattableString.Invariant($"{number}") : base.KeyOf(key);

    private static TorchTensor Tensor(TorchStorage storage, long offset, object?[] sizes, object?[] strides)
    {
        if (sizes.Length != strides.Length || sizes.Length > MaxDimensions)
            throw new InvalidDataException(FormattableString.Invariant($"a tensor of {sizes.Length} sizes and {strides.Length} strides"));
        if (offset < 0 || !Array.TrueForAll(sizes, IsCount) || !Array.TrueForAll(strides, IsCount))
            throw new InvalidDataException("a tensor with a size, a stride or an offset that is no whole number from 0");
        return new TorchTensor(storage, offset, [.. sizes.Cast<long>()], [.. strides.Cast<long>()]);

        static bool IsCount(object? value) => value is >= 0L;
    }

    private sealed record Name(Callable Callable) : IPickledName;
}
