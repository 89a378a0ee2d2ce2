using FlDurable.Shared.Parameters;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Checkpoints;

/// <summary>The tensors by name that a file of <c>torch.save</c> has: a module's state, or what a training script has put it into.</summary>
internal sealed class TorchState
{
    private const int MaxNamed = 5;
    private const int MaxTensors = 1 << 16;

    private static readonly string[] UsualWrappers = ["model_state_dict", "state_dict", "model"];

    // What torch.nn.DataParallel and torch.compile put before the names of the module inside.
    private static readonly string[] Prefixes = ["module.", "_orig_mod."];

    private readonly IReadOnlyList<TorchTensor> values;

    private TorchState(Dictionary<string, object?> state, string? wrapper, int mostValues, ParameterLayout? layout)
    {
        if (state.Count > MaxTensors)
            throw new InvalidDataException(FormattableString.Invariant($"{state.Count:N0} tensors; expected at most {MaxTensors:N0}"));
        Wrapper = wrapper;
        Prefix = PrefixOf(state.Keys, layout);
        values = [.. state.Values.Cast<TorchTensor>()];
        Tensors = [.. state.Keys.Zip(values, (name, tensor) => Describe(name[Prefix.Length..], tensor, mostValues))];
    }

    /// <summary>Under which name the state was found; null if it is all there is.</summary>
    public string? Wrapper { get; }

    /// <summary>What every name began with that is left out; empty if nothing is.</summary>
    public string Prefix { get; }

    /// <summary>The tensors, each of which lies in its storage as the file tells of it.</summary>
    public IReadOnlyList<GivenTensor> Tensors { get; }

    /// <summary>Finds the state in what was saved.</summary>
    /// <param name="root">What was saved.</param>
    /// <param name="mostValues">How many a tensor has at most.</param>
    /// <param name="layout">The tensors of the network that it is for; null if it is not known.</param>
    /// <exception cref="InvalidDataException">There is none, or more than one, or a tensor reaches beyond its storage.</exception>
    public static TorchState In(object? root, int mostValues, ParameterLayout? layout)
    {
        if (root is not Dictionary<string, object?> all)
            throw new InvalidDataException(root is TorchTensor or System.Collections.IList ? "tensors without names; expected a state_dict" : "no state_dict");
        if (IsState(all))
            return new TorchState(all, null, mostValues, layout);

        // One that stands under many names is looked at once.
        var states = all.Values.OfType<Dictionary<string, object?>>().Distinct(ReferenceEqualityComparer.Instance).Cast<Dictionary<string, object?>>()
            .Where(IsState).ToHashSet<object>(ReferenceEqualityComparer.Instance);
        var found = all.Where(entry => entry.Value is not null && states.Contains(entry.Value)).Select(entry => entry.Key).ToList();
        var usual = found.Where(name => UsualWrappers.Contains(name)).ToList();
        if ((usual.Count > 0 ? usual : found) is [var only])
            return new TorchState((Dictionary<string, object?>)all[only]!, only, mostValues, layout);
        if (found.Count > 0)
            throw new InvalidDataException($"tensors by name under several names: {Named(usual.Count > 0 ? usual : found)}; save the one that is meant alone");
        throw new InvalidDataException(all.Values.Any(value => value is TorchTensor)
            ? $"not only tensors by name: {Named(all.Where(entry => entry.Value is not TorchTensor).Select(entry => entry.Key))}"
            : $"no tensors by name, neither themselves nor under one of its names: {Named(all.Keys)}");
    }

    /// <summary>Values of tensors, one after another, storage by storage: no more than one of these is held at a time.</summary>
    /// <param name="file">Where the values are.</param>
    /// <param name="which">Which of <see cref="Tensors"/>.</param>
    /// <param name="mostBytes">How many their storages have together.</param>
    /// <exception cref="InvalidDataException">A storage is not as it is told of, or they are too large together.</exception>
    public IEnumerable<(int Index, ReadOnlyMemory<byte> Content)> Read(ITorchFile file, IReadOnlyList<int> which, long mostBytes)
    {
        var byStorage = which.GroupBy(index => values[index].Storage).ToList();
        if (byStorage.Aggregate((Int128)0, (sum, tensors) => sum + (Int128)tensors.Key.Count * tensors.Key.Type.Size) > mostBytes)
            throw new InvalidDataException(FormattableString.Invariant($"the storages of its tensors have more than {mostBytes:N0} bytes"));
        foreach (var tensors in byStorage)
        {
            var storage = file.Read(tensors.Key);
            foreach (var index in tensors)
                yield return (index, Contiguous(values[index], storage));
        }
    }

    /// <summary>
    /// What was put around the module. A network whose own names begin so keeps them.
    /// </summary>
    private static string PrefixOf(ICollection<string> names, ParameterLayout? layout)
    {
        var known = layout?.Tensors.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal) ?? [];
        var prefix = "";
        while (!names.Any(name => known.Contains(name[prefix.Length..]))
            && Array.Find(Prefixes, next => names.All(name => name.AsSpan(prefix.Length).StartsWith(next, StringComparison.Ordinal))) is { } next)
        {
            prefix += next;
        }

        return prefix;
    }

    private static bool IsState(Dictionary<string, object?> dictionary) => dictionary.Count > 0 && dictionary.Values.All(value => value is TorchTensor);

    /// <summary>A tensor, if all that it shows lies in its storage.</summary>
    private static GivenTensor Describe(string name, TorchTensor tensor, int most)
    {
        Int128 count = 1, last = tensor.Offset;
        foreach (var (size, stride) in tensor.Sizes.Zip(tensor.Strides))
        {
            if (size > int.MaxValue || (count *= size) > most)
                throw Refused(FormattableString.Invariant($"is larger than {most:N0} values"));
            last += (Int128)Math.Max(size - 1, 0) * stride;
        }

        if (count > 0 && last >= tensor.Storage.Count)
            throw Refused(FormattableString.Invariant($"reaches to value {last:N0} of its storage, which has {tensor.Storage.Count:N0}"));
        return new GivenTensor(name, tensor.Storage.Type.Dtype, [.. tensor.Sizes.Select(size => (int)size)], (long)count * tensor.Storage.Type.Size);

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
        var dimensions = tensor.Sizes.Zip(tensor.Strides).Where(dimension => dimension.First > 1).ToArray();
        var at = new long[dimensions.Length];
        var from = tensor.Offset;
        for (var index = 0; index < count; index++)
        {
            storage.Span.Slice((int)from * size, size).CopyTo(values.AsSpan(index * size));
            for (var dimension = at.Length - 1; dimension >= 0; dimension--)
            {
                var (length, stride) = dimensions[dimension];
                from += stride;
                if (++at[dimension] < length)
                    break;
                from -= stride * length;
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
