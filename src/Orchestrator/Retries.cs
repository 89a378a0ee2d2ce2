using FlDurable.Orchestrator.Durable;

namespace FlDurable.Orchestrator;

/// <summary>
/// How activities are tried again. The embedded engine tells what is the host's failure from what is the activity's (<c>FailureKinds</c>),
/// waits for the host without counting, and spends no retries on what fails for good; on Azure Functions these policies are for all.
/// </summary>
internal static class Retries
{
    /// <summary>
    /// For steps that a federation can do without: a client's work, whose failure is recorded as the client's, and the deletion of what is no
    /// longer needed. Two more attempts, after 1 and 4 seconds.
    /// </summary>
    public static RetryPolicy Dispensable { get; } = new(
        MaxNumberOfAttempts: 3, FirstRetryInterval: TimeSpan.FromSeconds(1), BackoffCoefficient: 4);

    /// <summary>
    /// For the server's steps without which a federation fails: nine more attempts, over some three minutes, so that a store may be busy or away for as long.
    /// </summary>
    public static RetryPolicy Indispensable { get; } = new(
        MaxNumberOfAttempts: 10, FirstRetryInterval: TimeSpan.FromSeconds(1), BackoffCoefficient: 2, MaxRetryInterval: TimeSpan.FromSeconds(30));

    /// <summary>For a receiver that is away: nine more attempts, after 5 seconds, 20, 80 and so on, in the course of 20 hours.</summary>
    public static RetryPolicy Notification { get; } = new(
        MaxNumberOfAttempts: 10, FirstRetryInterval: TimeSpan.FromSeconds(5), BackoffCoefficient: 4, MaxRetryInterval: TimeSpan.FromHours(6));
}
