using System.Collections.Concurrent;

namespace FlDurable.Api;

/// <summary>
/// What was just answered of federations: a hundred who look at one each second are not told anything else than the first of them, and what it takes to read and write it is done a few times
/// a second at most. What is done to a federation here shows at once.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class RecentAnswers(TimeProvider time)
{
    private const int MostKept = 64;

    private readonly ConcurrentDictionary<string, Recent> kept = new(StringComparer.Ordinal);
    private int changes;

    /// <summary>An answer, as it was given or as it is read now.</summary>
    /// <param name="what">What is asked for: the federation, and whatever the answer depends on.</param>
    /// <param name="holds">How long it is good for.</param>
    /// <param name="read">Reads it; only an answer for many is kept (<see cref="ApiAnswer{T}.IsForMany"/>).</param>
    public async Task<ApiAnswer<T>> GetAsync<T>(string what, TimeSpan holds, Func<Task<ApiAnswer<T>>> read)
    {
        if (kept.TryGetValue(what, out var recent) && recent.Changes == Volatile.Read(ref changes) && time.GetElapsedTime(recent.At) < holds)
            return (ApiAnswer<T>)recent.Answer;
        var (before, at) = (Volatile.Read(ref changes), time.GetTimestamp());
        var answer = await read();
        if (!answer.IsForMany)
            return answer;
        if (kept.Count >= MostKept)
            kept.Clear();
        kept[what] = new Recent(before, at, answer);
        return answer;
    }

    /// <summary>Something was done to a federation: what is being read meanwhile is not kept either.</summary>
    public void Forget() => Interlocked.Increment(ref changes);

    private sealed record Recent(int Changes, long At, object Answer);
}
