namespace FlDurable.Api;

/// <summary>What is asked for is not there.</summary>
internal sealed class NotThereException(string message) : Exception(message);

/// <summary>A body that is not looked into.</summary>
/// <param name="kind">Why.</param>
/// <param name="message">What was expected.</param>
internal sealed class UnsuitableBodyException(ProblemKind kind, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public ProblemKind Kind { get; } = kind;
}
