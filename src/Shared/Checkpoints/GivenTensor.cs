namespace FlDurable.Shared.Checkpoints;

/// <summary>A tensor of a file that a user gives, as the file describes it: none of its values is read yet.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dtype">The type of its values, as safetensors name it.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Length">How many bytes its values have.</param>
internal sealed record GivenTensor(string Name, string Dtype, IReadOnlyList<int> Shape, long Length)
{
    private const string Counter = "num_batches_tracked";

    /// <summary>What PyTorch calls the number that a normalisation keeps beside its parameters.</summary>
    public static string CounterName => Counter;

    /// <summary>How many values it has.</summary>
    public long Count { get; } = Shape.Aggregate(1L, (product, length) => checked(product * length));

    /// <summary>Whether it is how many batches a normalisation has seen, which is no parameter.</summary>
    public bool IsCounter => Dtype == "I64" && (Name == Counter || Name.EndsWith($".{Counter}", StringComparison.Ordinal));
}
