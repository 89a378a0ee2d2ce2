namespace FlDurable.Api;

/// <summary>What a host lets its callers do.</summary>
public sealed record FederationApiOptions
{
    /// <summary>
    /// Whether a spec may name files of the host, as <c>data</c> and <c>initial</c>, and whether answers may show such names. A host that
    /// does not serve its own machine's user alone says no.
    /// </summary>
    public bool AllowsServerFiles { get; init; }

    /// <summary>How many federations may be being started at a time, each of which may have its data loaded; the next is told to wait.</summary>
    public int MaxLaunches { get; init; } = 4;

    /// <summary>The longest body of a request, in bytes.</summary>
    public int MaxBodyBytes { get; init; } = 1 << 20;
}
