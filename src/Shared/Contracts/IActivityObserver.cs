namespace FlDurable.Shared.Contracts;

/// <summary>
/// Sees how every activity ends that this process runs, as it happens: for logs, figures and traces. An activity that runs twice is seen twice. Hosts add as many as they
/// like to their services.
/// </summary>
public interface IActivityObserver
{
    /// <summary>Sees one. What it throws is logged, and changes nothing.</summary>
    void Ended(EndedActivity activity);
}

/// <summary>An activity that has ended.</summary>
/// <param name="Name">Its descriptor's name.</param>
/// <param name="InputJson">What it was given.</param>
/// <param name="OutputJson">What it returned; null if it failed.</param>
/// <param name="Failure">Why it failed; null if it did not.</param>
/// <param name="StartedAt">When it began, in UTC.</param>
/// <param name="Took">How long it took.</param>
public sealed record EndedActivity(string Name, string InputJson, string? OutputJson, Exception? Failure, DateTimeOffset StartedAt, TimeSpan Took);
