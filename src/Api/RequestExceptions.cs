namespace FlDurable.Api;

/// <summary>What is asked for is not there.</summary>
internal sealed class NotThereException(string message) : Exception(message);

/// <summary>A body that is not looked into.</summary>
/// <param name="status">The HTTP status that says why.</param>
/// <param name="message">What was expected.</param>
internal sealed class UnsuitableBodyException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status that says why.</summary>
    public int Status { get; } = status;
}

/// <summary>The host has its hands full.</summary>
internal sealed class TooManyLaunchesException(string message) : Exception(message);
