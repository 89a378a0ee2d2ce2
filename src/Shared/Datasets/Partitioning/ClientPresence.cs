using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>Which clients can be reached in a round, by a spec's <see cref="FederationSpec.Availability"/>. Only simulated ones are ever left out.</summary>
public sealed class ClientPresence
{
    /// <summary>Why a client that is not there is missing, for messages.</summary>
    public const string Absence = "it can't be reached in this round (availability)";

    private readonly Availability? availability;

    private ClientPresence(Availability? availability) => this.availability = availability;

    /// <summary>That of a checked spec.</summary>
    public static ClientPresence Of(FederationSpec spec) => new(spec.Availability is { } lists ? Availability.TryParse(lists) : null);

    /// <summary>Whether a client can be reached.</summary>
    /// <param name="client">Its name.</param>
    /// <param name="round">The round, from 1.</param>
    public bool IsThere(string client, int round) =>
        availability is null || ClientNames.NumberOf(client) is not { } number || availability.IsThere(number, round);
}
