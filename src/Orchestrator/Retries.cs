using FlDurable.Orchestrator.Durable;

namespace FlDurable.Orchestrator;

/// <summary>How the federation's activities are tried again: what heals by itself (a store that is busy, a host that restarts) heals.</summary>
internal static class Retries
{
    public static RetryPolicy Policy { get; } = new(
        MaxNumberOfAttempts: 3, FirstRetryInterval: TimeSpan.FromSeconds(1), BackoffCoefficient: 4, MaxRetryInterval: TimeSpan.FromSeconds(30));
}
