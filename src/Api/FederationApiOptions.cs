namespace FlDurable.Api;

/// <summary>What a host lets its callers do.</summary>
public sealed record FederationApiOptions
{
    /// <summary>
    /// The folder of the host whose files a spec may name as <c>data</c>, and answers show the names of; of what lies elsewhere nothing is told,
    /// not even whether it is there. Null where a spec may name none, as on a host that does not serve its own machine's user alone.
    /// </summary>
    public string? ServerFiles { get; init; }

    /// <summary>Whether a spec may have hostile clients: on a host whose federations are simulations, for experiments.</summary>
    public bool IsSimulation { get; init; }

    /// <summary>Whether callers need the host's key; one that takes none says so in its document.</summary>
    public bool NeedsKey { get; init; } = true;

    /// <summary>The paths that the host serves.</summary>
    public FederationPaths Paths { get; init; } = new();

    /// <summary>The longest body of a request, in bytes.</summary>
    public int MaxBodyBytes { get; init; } = 1 << 20;
}
