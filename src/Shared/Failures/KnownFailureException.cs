namespace FlDurable.Shared.Failures;

/// <summary>A failure whose kind was told where it happened, such as in another process.</summary>
/// <param name="message">What was wrong, for a person.</param>
/// <param name="kind">Whose it is.</param>
public sealed class KnownFailureException(string message, FailureKind kind) : Exception(message)
{
    /// <summary>Whose it is.</summary>
    public FailureKind Kind { get; } = kind;
}
