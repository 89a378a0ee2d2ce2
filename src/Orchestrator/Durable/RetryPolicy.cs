namespace FlDurable.Orchestrator.Durable;

/// <summary>How often and when a failed activity is tried again.</summary>
/// <param name="MaxNumberOfAttempts">All attempts, the first included; at least 1.</param>
/// <param name="FirstRetryInterval">The wait before the second attempt.</param>
/// <param name="BackoffCoefficient">By what each further wait is longer; at least 1.</param>
/// <param name="MaxRetryInterval">No wait is longer; null sets no limit.</param>
public sealed record RetryPolicy(
    int MaxNumberOfAttempts, TimeSpan FirstRetryInterval, double BackoffCoefficient = 1.0, TimeSpan? MaxRetryInterval = null)
{
    /// <summary>The wait before an attempt.</summary>
    /// <param name="attempt">The attempt that is waited for, from 2.</param>
    public TimeSpan IntervalBefore(int attempt)
    {
        var interval = FirstRetryInterval;
        for (var retry = 2; retry < attempt && interval < (MaxRetryInterval ?? TimeSpan.MaxValue); retry++)
            interval *= BackoffCoefficient;
        return MaxRetryInterval is { } most && interval > most ? most : interval;
    }
}
