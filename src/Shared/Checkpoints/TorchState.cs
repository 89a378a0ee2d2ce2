using FlDurable.Shared.Parameters;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Checkpoints;

/// <summary>The tensors by name that a file of <c>torch.save</c> has: a module's state, or what a training script has put it into.</summary>
internal sealed class TorchState
{
    private const int MaxNamed = 5;

    private static readonly string[] UsualWrappers = ["model_state_dict", "state_dict", "model"];

    // What torch.nn.DataParallel and torch.compile put before the names of the module inside.
    private static readonly string[] Prefixes = ["module.", "_orig_mod."];

    private readonly Dictionary<string, object?> tensors;

    private TorchState(Dictionary<string, object?> tensors, string? wrapper)
    {
        Wrapper = wrapper;
        this.tensors = tensors;
        Prefix = Array.Find(Prefixes, prefix => tensors.Keys.All(name => name.StartsWith(prefix, StringComparison.Ordinal)));
    }

    /// <summary>Under which name the state was found; null if it is all there is.</summary>
    public string? Wrapper { get; }

    /// <summary>What every name began with that is left out; null if nothing is.</summary>
    public string? Prefix { get; }

    /// <summary>Finds the state in what was saved.</summary>
    /// <exception cref="InvalidDataException">There is none, or more than one.</exception>
    public static TorchState In(object? root)
    {
        if (root is not Dictionary<string, object?> all)
            throw new InvalidDataException(root is TorchTensor or System.Collections.IList ? "tensors without names; expected a state_dict" : "no state_dict");
        if (IsState(all))
            return new TorchState(all, null);
        var found = all.Where(entry => entry.Value is Dictionary<string, object?> inner && IsState(inner)).Select(entry => entry.Key).ToList();
        var usual = found.Where(name => UsualWrappers.Contains(name)).ToList();
        if ((usual.Count > 0 ? usual : found) is [var only])
            return new TorchState((Dictionary<string, object?>)all[only]!, only);
        if (found.Count > 0)
            throw new InvalidDataException($"tensors by name under several names: {Named(usual.Count > 0 ? usual : found)}; save the one that is meant alone");
        throw new InvalidDataException(all.Values.Any(value => value is TorchTensor)
            ? $"not only tensors by name: {Named(all.Where(entry => entry.Value is not TorchTensor).Select(entry => entry.Key))}"
            : $"no tensors by name, neither themselves nor under one of its names: {Named(all.Keys)}");
    }

    /// <summary>The tensors with their values one after another.</summary>
    /// <param name="file">Where the values are.</param>
    /// <param name="mostBytes">How many they have together.</param>
    /// <exception cref="InvalidDataException">A tensor reaches beyond its storage, or they are too large together.</exception>
    public IReadOnlyList<StoredTensor> Read(ITorchFile file, long mostBytes)
    {
        var storages = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var read = new List<StoredTensor>();
        long ofTensors = 0, ofStorages = 0;
        foreach (var (key, value) in tensors)
        {
            var tensor = (TorchTensor)value!;
            var name = Prefix is null ? key : key[Prefix.Length..];
            ofTensors += LengthOf(tensor, name, mostBytes);
            if (!storages.TryGetValue(tensor.Storage.Key, out var storage))
            {
                if ((ofStorages += Bytes(tensor.Storage, mostBytes)) <= mostBytes)
                    storages.Add(tensor.Storage.Key, storage = file.Read(tensor.Storage));
            }

            if (ofTensors > mostBytes || ofStorages > mostBytes)
                throw new InvalidDataException(FormattableString.Invariant($"its tensors have more than {mostBytes:N0} bytes"));
            read.Add(new StoredTensor(name, tensor.Storage.Type.Dtype, [.. tensor.Sizes.Select(size => (int)size)], Contiguous(tensor, storage)));
        }

        return read;
    }

    private static bool IsState(Dictionary<string, object?> dictionary) => dictionary.Count > 0 && dictionary.Values.All(value => value is TorchTensor);

    private static long Bytes(TorchStorage storage, long most) =>
        storage.Count <= most / storage.Type.Size ? storage.Count * storage.Type.Size : most + 1;

    /// <summary>A tensor's bytes, if all that it shows lies in its storage.</summary>
    private static long LengthOf(TorchTensor tensor, string name, long most)
    {
        Int128 count = 1, last = tensor.Offset;
        foreach (var (size, stride) in tensor.Sizes.Zip(tensor.Strides))
        {
            if (size > int.MaxValue || (count *= size) > most)
                throw Refused(FormattableString.Invariant($"is larger than {most:N0} bytes"));
            last += (Int128)Math.Max(size - 1, 0) * stride;
        }

        if (count > 0 && last >= tensor.Storage.Count)
            throw Refused(FormattableString.Invariant($"reaches to value {last:N0} of its storage, which has {tensor.Storage.Count:N0}"));
        return (long)count * tensor.Storage.Type.Size;

        InvalidDataException Refused(string why) => new($"tensor '{Excerpt.Printable(name)}' {why}");
    }

    private static ReadOnlyMemory<byte> Contiguous(TorchTensor tensor, ReadOnlyMemory<byte> storage)
    {
        var size = tensor.Storage.Type.Size;
        var count = (int)tensor.Sizes.Aggregate(1L, (product, length) => product * length);
        if (count == 0)
            return ReadOnlyMemory<byte>.Empty;
        if (IsContiguous(tensor))
            return storage.Slice((int)tensor.Offset * size, count * size);
        var values = new byte[count * size];
        var at = new long[tensor.Sizes.Count];
        var from = tensor.Offset;
        for (var index = 0; index < count; index++)
        {
            storage.Span.Slice((int)from * size, size).CopyTo(values.AsSpan(index * size));
            for (var dimension = at.Length - 1; dimension >= 0; dimension--)
            {
                from += tensor.Strides[dimension];
                if (++at[dimension] < tensor.Sizes[dimension])
                    break;
                from -= tensor.Strides[dimension] * tensor.Sizes[dimension];
                at[dimension] = 0;
            }
        }

        return values;
    }

    private static bool IsContiguous(TorchTensor tensor)
    {
        var expected = 1L;
        for (var dimension = tensor.Sizes.Count - 1; dimension >= 0; dimension--)
        {
            if (tensor.Sizes[dimension] != 1 && tensor.Strides[dimension] != expected)
                return false;
            expected *= tensor.Sizes[dimension];
        }

        return true;
    }

    private static string Named(IEnumerable<string> names)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(MaxNamed).Select(name => $"'{Excerpt.Printable(name)}'")) + (all.Count > MaxNamed ? FormattableString.Invariant($" and {all.Count - MaxNamed} more") : "");
    }
}
