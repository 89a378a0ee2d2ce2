using Microsoft.DurableTask;
using Port = FlDurable.Orchestrator.Durable;

namespace FlDurable.FunctionApp.Adapters;

/// <summary>The port's retry policies as Durable Task takes them.</summary>
internal static class RetryPolicies
{
    /// <summary>The options of an activity that is tried again by a policy, or is not.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The policy allows not even one attempt.</exception>
    public static TaskOptions? ToTaskOptions(this Port.RetryPolicy? policy) => policy switch
    {
        null => null,
        { MaxNumberOfAttempts: < 1 } => throw new ArgumentOutOfRangeException(nameof(policy), policy, "expected at least one attempt"),
        { MaxNumberOfAttempts: 1 } => null,
        _ => TaskOptions.FromRetryPolicy(ToDurableTask(policy)),
    };

    // What Durable Task refuses, the port allows: no wait at all, and a longest wait below the first. What it takes for an hour is no limit.
    private static RetryPolicy ToDurableTask(Port.RetryPolicy policy)
    {
        var first = Longer(policy.IntervalBefore(attempt: 2), TimeSpan.FromMilliseconds(1));
        var most = policy.MaxRetryInterval is { } limit ? Longer(limit, first) : Timeout.InfiniteTimeSpan;
        return new RetryPolicy(policy.MaxNumberOfAttempts, first, policy.BackoffCoefficient, most);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
