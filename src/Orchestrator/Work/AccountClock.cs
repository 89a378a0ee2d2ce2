namespace FlDurable.Orchestrator.Work;

/// <summary>The clock of a storage account, as its answers tell it: so that those who share its work need not have clocks that agree.</summary>
/// <param name="time">This machine's.</param>
internal sealed class AccountClock(TimeProvider time)
{
    // Answers tell whole seconds, and are a while on their way.
    private static readonly TimeSpan Tolerated = TimeSpan.FromSeconds(2);

    private long ahead;

    /// <summary>The time, in UTC ticks.</summary>
    public long Now => time.GetUtcNow().UtcTicks + Interlocked.Read(ref ahead);

    /// <summary>Takes note of what an answer says.</summary>
    public void See(DateTimeOffset? answered)
    {
        if (answered is not { } then)
            return;
        var apart = then - time.GetUtcNow();
        Interlocked.Exchange(ref ahead, apart.Duration() <= Tolerated ? 0 : apart.Ticks);
    }
}
