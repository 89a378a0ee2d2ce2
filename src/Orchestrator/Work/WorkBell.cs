using System.Collections.Concurrent;

namespace FlDurable.Orchestrator.Work;

/// <summary>
/// Wakes those of this process who wait for work when some is offered to them, and nobody else: hundreds may wait. Whoever misses it looks again by and by.
/// </summary>
public sealed class WorkBell
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> next = new(StringComparer.Ordinal);

    /// <summary>Completes when the bell rings next for somebody.</summary>
    /// <param name="site">A site, or <see cref="WorkOffer.Pool"/>.</param>
    public Task NextFor(string site) => next.GetOrAdd(site, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Rings for somebody.</summary>
    /// <param name="site">A site, or <see cref="WorkOffer.Pool"/>.</param>
    public void Ring(string site)
    {
        if (next.TryRemove(site, out var waiting))
            waiting.TrySetResult();
    }
}
