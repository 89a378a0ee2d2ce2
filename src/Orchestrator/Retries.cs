using FlDurable.Orchestrator.Durable;

namespace FlDurable.Orchestrator;

/// <summary>
/// How activities are tried again. The embedded engine tells what is the host's failure from what is the activity's (<c>FailureKinds</c>),
/// waits for the host without counting, and spends no retries on what fails for good; on Azure Functions these policies are for all.
/// </summary>
internal static class Retries
{
    /// <summary>For what a client does, or what fails again if it fails: two more attempts, after 1 and 4 seconds.</summary>
    public static RetryPolicy Client { get; } = new(
        MaxNumberOfAttempts: 3, FirstRetryInterval: TimeSpan.FromSeconds(1), BackoffCoefficient: 4);

    /// <summary>
    /// For the server's own steps, of which a federation can spare none: a store that is busy or away for some minutes is waited for.
    /// </summary>
    public static RetryPolicy Server { get; } = new(
        MaxNumberOfAttempts: 10, FirstRetryInterval: TimeSpan.FromSeconds(1), BackoffCoefficient: 2, MaxRetryInterval: TimeSpan.FromSeconds(30));
}
