using System.Collections.Frozen;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>The partitioners that a spec can name.</summary>
public sealed class Partitioners
{
    private readonly FrozenDictionary<string, IPartitioner> partitioners;

    /// <summary>The built-in partitioners, and a user's own.</summary>
    /// <exception cref="ArgumentException">Two have one name.</exception>
    public Partitioners(params IEnumerable<IPartitioner> additional) =>
        partitioners = new IPartitioner[] { new IidPartitioner() }.Concat(additional)
            .ToFrozenDictionary(partitioner => partitioner.Name, StringComparer.Ordinal);

    /// <summary>The names, sorted.</summary>
    public IEnumerable<string> Names => partitioners.Keys.Order(StringComparer.Ordinal);

    /// <summary>Finds a partitioner.</summary>
    /// <exception cref="DatasetException">There is none of that name.</exception>
    public IPartitioner Get(string name) => partitioners.TryGetValue(name, out var partitioner)
        ? partitioner
        : throw new DatasetException($"partitioner: '{name}' is not known; expected one of {string.Join(", ", Names)}");
}
