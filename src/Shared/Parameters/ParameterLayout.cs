namespace FlDurable.Shared.Parameters;

/// <summary>Which tensors a model has, and where each lies in one contiguous buffer.</summary>
public sealed class ParameterLayout : IEquatable<ParameterLayout>
{
    /// <summary>Lays tensors out one after another.</summary>
    /// <param name="tensors">Names (unique) and shapes, outermost dimension first.</param>
    /// <param name="statistics">The names of those that no optimizer changes.</param>
    /// <exception cref="ArgumentException">A name is used twice.</exception>
    public ParameterLayout(IEnumerable<(string Name, IReadOnlyList<int> Shape)> tensors, params IEnumerable<string> statistics)
    {
        var untrained = statistics.ToHashSet(StringComparer.Ordinal);
        var slots = new List<TensorSlot>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, shape) in tensors)
        {
            if (!names.Add(name))
                throw new ArgumentException($"two tensors are named '{name}'", nameof(tensors));
            var slot = new TensorSlot(name, shape, Length) { IsTrained = !untrained.Contains(name), IsVariance = untrained.Contains(name) && name.EndsWith(".running_var", StringComparison.Ordinal) };
            slots.Add(slot);
            Length = checked(Length + slot.Length);
        }

        Tensors = slots;
    }

    /// <summary>The tensors, in memory order.</summary>
    public IReadOnlyList<TensorSlot> Tensors { get; }

    /// <summary>The number of values of all tensors.</summary>
    public int Length { get; }

    /// <summary>Whether names, shapes and order are the same.</summary>
    public bool Equals(ParameterLayout? other) =>
        other is not null && Tensors.Count == other.Tensors.Count
        && Tensors.Zip(other.Tensors).All(pair => pair.First.Name == pair.Second.Name && pair.First.Shape.SequenceEqual(pair.Second.Shape));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ParameterLayout);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Tensors.Count, Length);
}

/// <summary>A tensor's place.</summary>
/// <param name="Name">Its name in PyTorch's <c>state_dict</c>, for instance <c>conv1.weight</c>.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Offset">The index of its first value in the buffer.</param>
public sealed record TensorSlot(string Name, IReadOnlyList<int> Shape, int Offset)
{
    /// <summary>
    /// Whether an optimizer changes it. What it does not, such as a batch normalisation's running mean, travels with the rest
    /// and is no direction that anybody has moved in: it becomes the clients' mean or median.
    /// </summary>
    public bool IsTrained { get; init; } = true;

    /// <summary>Whether its values are never negative: a running variance, by PyTorch's name for it.</summary>
    public bool IsVariance { get; init; }

    /// <summary>The number of values.</summary>
    public int Length { get; } = Shape.Aggregate(1, (product, length) => checked(product * length));
}
