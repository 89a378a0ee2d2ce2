namespace FlDurable.Shared.Contracts;

/// <summary>The words that a spec's fields can have, beside the registries of networks and engines.</summary>
public static class SpecVocabulary
{
    /// <summary>The largest seed: the largest whole number that every JSON reader keeps exactly.</summary>
    public const long MaxSeed = (1L << 53) - 1;

    /// <summary>Ways to divide the training images.</summary>
    public static IReadOnlyList<string> Partitioners { get; } = ["iid"];

    /// <summary>Aggregation strategies.</summary>
    public static IReadOnlyList<string> Strategies { get; } = ["fedavg"];

    /// <summary>Local optimizers.</summary>
    public static IReadOnlyList<string> Optimizers { get; } = ["adam", "sgd"];
}
