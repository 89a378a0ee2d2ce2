using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Records;

/// <summary>
/// What the clients have kept by the end of a round: the content of <c>clients.json</c>. A client whose update did not enter the round has
/// what it had.
/// </summary>
/// <param name="Clients">Those that have kept anything, by name.</param>
public sealed record ClientStates(IReadOnlyList<ClientState> Clients)
{
    /// <summary>Of a federation in which nobody has kept anything yet.</summary>
    public static ClientStates None { get; } = new([]);

    /// <summary>These, but for clients that have something newer.</summary>
    public ClientStates With(IEnumerable<ClientState> newer)
    {
        var clients = Clients.ToDictionary(kept => kept.Client, StringComparer.Ordinal);
        foreach (var kept in newer)
            clients[kept.Client] = kept;
        return new ClientStates([.. clients.Values.OrderBy(kept => kept.Client, StringComparer.Ordinal)]);
    }
}

/// <summary>What one client has kept.</summary>
/// <param name="Client">Its name.</param>
/// <param name="Round">The last round that its update has entered; in a branch 0 for all that comes from before.</param>
/// <param name="Length">How many bytes the artifact has.</param>
/// <param name="Sha256">Its SHA-256.</param>
public sealed record ClientState(string Client, int Round, long Length, string Sha256)
{
    /// <summary>Where it is.</summary>
    /// <param name="id">The federation's id.</param>
    public ArtifactReference In(string id) => new(ArtifactNames.ClientState(id, Round, Client), Length, Sha256);
}
