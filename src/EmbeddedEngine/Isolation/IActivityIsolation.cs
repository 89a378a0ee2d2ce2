using FlDurable.Shared.Failures;

namespace FlDurable.EmbeddedEngine.Isolation;

/// <summary>
/// Runs an activity apart from the host's process, so that its death is seen by one that lives. The engine asks for it when the process
/// has died more than once while the activity ran: that alone does not tell whether the activity killed the process, or somebody else did.
/// </summary>
public interface IActivityIsolation
{
    /// <summary>Runs an activity of the host to its end. When this process dies, what it has begun ends too.</summary>
    /// <param name="activity">The activity's name.</param>
    /// <param name="input">Its input as JSON.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Its output as JSON.</returns>
    /// <exception cref="ProcessDiedException">What it ran in died with it.</exception>
    /// <exception cref="KnownFailureException">It failed.</exception>
    /// <exception cref="IOException">There is nothing to run it in.</exception>
    Task<string> RunAsync(string activity, string input, CancellationToken cancellationToken);
}

/// <summary>The process that an activity ran in has died.</summary>
/// <param name="how">How: <c>signal 9</c>, <c>exit code 3</c>.</param>
/// <param name="lastWords">The last that it said, on one line; empty if it said nothing.</param>
public sealed class ProcessDiedException(string how, string lastWords = "") : Exception($"the process that it ran in died: {how}")
{
    /// <summary>How.</summary>
    public string How { get; } = how;

    /// <summary>The last that it said.</summary>
    public string LastWords { get; } = lastWords;
}
