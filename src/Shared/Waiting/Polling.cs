namespace FlDurable.Shared.Waiting;

/// <summary>How long it is waited between two looks at what happens elsewhere: less at first, and never for long.</summary>
/// <param name="First">Before the second look; then twice as long each time.</param>
/// <param name="Longest">At most so long.</param>
public sealed record Polling(TimeSpan First, TimeSpan Longest)
{
    /// <summary>For what takes milliseconds or minutes: 20 ms at first, a second at last.</summary>
    public static Polling Patiently { get; } = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1));

    /// <summary>Looks until there is something to be seen.</summary>
    /// <param name="look">Looks; null is nothing.</param>
    /// <param name="time">What is waited by.</param>
    /// <param name="cancellationToken">Ends the looking.</param>
    public async Task<T> UntilAsync<T>(Func<CancellationToken, Task<T?>> look, TimeProvider time, CancellationToken cancellationToken)
        where T : class
    {
        for (var wait = First; ; wait = wait * 2 < Longest ? wait * 2 : Longest)
        {
            if (await look(cancellationToken) is { } seen)
                return seen;
            await Task.Delay(wait, time, cancellationToken);
        }
    }
}
