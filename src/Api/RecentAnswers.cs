using System.Collections.Concurrent;

namespace FlDurable.Api;

/// <summary>
/// What was just answered of federations that are not over: a hundred who look at one each second are not told anything else than the first of them, and what it takes to read and write
/// it is done four times a second. What is done to a federation here shows at once.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class RecentAnswers(TimeProvider time)
{
    private const int MostKept = 64;
    private const int MostRounds = 100;

    private static readonly TimeSpan Holds = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<(string Id, int Rounds), Recent> kept = new();
    private int changes;

    /// <summary>An answer, as it was given or as it is read now.</summary>
    /// <param name="id">The federation.</param>
    /// <param name="rounds">How many of its rounds are asked for.</param>
    /// <param name="read">Reads it.</param>
    public async Task<ApiAnswer<FederationDetails>> GetAsync(string id, int rounds, Func<Task<ApiAnswer<FederationDetails>>> read)
    {
        if (kept.TryGetValue((id, rounds), out var recent) && recent.Changes == Volatile.Read(ref changes) && time.GetElapsedTime(recent.At) < Holds)
            return recent.Answer;
        var (before, at) = (Volatile.Read(ref changes), time.GetTimestamp());
        var answer = await read();
        if (!answer.IsForMany || rounds > MostRounds)
            return answer;
        if (kept.Count >= MostKept)
            kept.Clear();
        kept[(id, rounds)] = new Recent(before, at, answer);
        return answer;
    }

    /// <summary>Something was done to a federation: what is being read meanwhile is not kept either.</summary>
    public void Forget() => Interlocked.Increment(ref changes);

    private sealed record Recent(int Changes, long At, ApiAnswer<FederationDetails> Answer);
}
