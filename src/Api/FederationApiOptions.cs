namespace FlDurable.Api;

/// <summary>What a host lets its callers do.</summary>
public sealed record FederationApiOptions
{
    /// <summary>
    /// The folder of the host whose files a spec may name as <c>data</c>, and answers show the names of; of what lies elsewhere nothing is told,
    /// not even whether it is there. Null where a spec may name none, as on a host that does not serve its own machine's user alone.
    /// </summary>
    public string? ServerFiles { get; init; }

    /// <summary>How many federations may be being started at a time, each of which may have its data loaded; the next is told to wait.</summary>
    public int MaxLaunches { get; init; } = 4;

    /// <summary>How many starts that nobody waits for any more may be loading besides, where loading can't be stopped.</summary>
    public int MaxAbandonedLaunches { get; init; } = 4;

    /// <summary>How long a start may take, its data's loading included, before it makes room for the next.</summary>
    public TimeSpan LaunchPatience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest body of a request, in bytes.</summary>
    public int MaxBodyBytes { get; init; } = 1 << 20;
}
