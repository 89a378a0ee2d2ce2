namespace FlDurable.Orchestrator.Work;

/// <summary>What a host hears of those who do clients' work elsewhere. Methods may be called at the same time.</summary>
public interface IWorkSigns
{
    /// <summary>
    /// After how long a worker is silent of which nothing else is known (<see cref="OpenWork.IsGone"/>): that it renewed its lease or waits for work is noted within 20 seconds.
    /// </summary>
    static readonly TimeSpan Silence = TimeSpan.FromSeconds(24);

    /// <summary>How long a worker may wait, at most, before it asks again a host that did not answer.</summary>
    static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(64);

    /// <summary>The offers that nothing has come of yet.</summary>
    /// <param name="prefix">What their ids begin with.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyList<OpenWork>> ListOpenAsync(string prefix, CancellationToken cancellationToken);
}

/// <summary>An offer that nothing has come of yet.</summary>
/// <param name="Work">Its id.</param>
/// <param name="Worker">Who is to do it, or has it: a site, or whoever has the key of a worker of the pool; null while any of the pool may take it.</param>
/// <param name="TakenAt">When it was taken; null while nobody has it.</param>
/// <param name="HeardAt">When the worker was last heard of, or the last of those who may take it; null where none was for a day.</param>
/// <param name="IsGone">Whether the host knows that the worker is gone, or all of those who may take it: <see cref="WorkerPresence"/>.</param>
public sealed record OpenWork(string Work, string? Worker, DateTimeOffset? TakenAt, DateTimeOffset? HeardAt, bool IsGone = false);
