using System.Security.Cryptography;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>
/// What clients keep from round to round. Each is an artifact of the round that its client's update entered, and <c>clients.json</c> of every
/// round says which is whose: so a client that is absent, late or refused has what it had, and each kept round can be branched from.
/// </summary>
internal sealed class KeptStates(IArtifactStore store, ResolvedSpec spec)
{
    private const int ConcurrentCopies = 4;

    private readonly RecordedFederation recorded = new(store, spec.Id);

    /// <summary>Gives what clients keep its final name, where their updates have entered a round, and writes what all have by its end.</summary>
    /// <param name="round">The round, which is being recorded.</param>
    /// <param name="kept">What the clients keep whose updates have entered it.</param>
    /// <param name="cancellationToken">Looked at between artifacts.</param>
    /// <returns>The <see cref="ClientStates"/>; null where no client keeps anything.</returns>
    public async Task<ArtifactReference?> PromoteAsync(int round, IReadOnlyList<(string Client, ArtifactReference State)> kept, CancellationToken cancellationToken)
    {
        if (round == 0)
            return spec.InitialClientStates;
        var before = await recorded.FindRecordAsync(round - 1, cancellationToken) is { } record
            ? await recorded.FindClientStatesAsync(record, cancellationToken)
            : null;
        if (before is null && kept.Count == 0)
            return null;
        var newer = new ClientState[kept.Count];
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = ConcurrentCopies };
        await Parallel.ForAsync(0, kept.Count, options, async (index, cancellation) =>
            newer[index] = await PromoteAsync(round, kept[index].Client, kept[index].State, cancellation));
        var content = ContractJson.SerializeToUtf8((before ?? ClientStates.None).With(newer));
        var there = await store.PutAsync(ArtifactNames.ClientStates(spec.Id, round), content, cancellationToken);
        return Convert.ToHexStringLower(SHA256.HashData(content)) is var expected && there.Sha256 == expected ? there : throw Damaged(there, expected);
    }

    /// <summary>Deletes of a round that is no longer kept what neither the next nor the last kept round before it needs.</summary>
    /// <param name="round">The round.</param>
    /// <param name="before">The last round before it that is kept; null if none is.</param>
    /// <param name="after">The next round that is kept.</param>
    /// <param name="cancellationToken">Looked at between artifacts.</param>
    public async Task DropAsync(int round, int? before, int after, CancellationToken cancellationToken)
    {
        var name = ArtifactNames.ClientStates(spec.Id, round);
        if (await store.FindJsonAsync<ClientStates>(name, cancellationToken) is not { } states)
            return;
        var needed = new HashSet<ClientState>();
        foreach (var kept in (int?[])[before, after])
        {
            if (kept is { } other && await store.FindJsonAsync<ClientStates>(ArtifactNames.ClientStates(spec.Id, other), cancellationToken) is { } theirs)
                needed.UnionWith(theirs.Clients);
        }

        // What says which they are comes last: a clean-up that was interrupted finds the rest.
        foreach (var state in states.Clients.Where(state => !needed.Contains(state)))
            await store.DeleteAsync(state.In(spec.Id).Name, cancellationToken);
        await store.DeleteAsync(name, cancellationToken);
    }

    private async Task<ClientState> PromoteAsync(int round, string client, ArtifactReference candidate, CancellationToken cancellationToken)
    {
        var name = ArtifactNames.ClientState(spec.Id, round, client);
        var there = await store.FindAsync(name, cancellationToken) ?? await store.PutAsync(name, await store.ReadAsync(candidate, cancellationToken), cancellationToken);
        return there.Sha256 == candidate.Sha256
            ? new ClientState(client, round, there.Length, there.Sha256)
            : throw Damaged(there, candidate.Sha256);
    }

    private static ArtifactCorruptException Damaged(ArtifactReference there, string expected) =>
        new($"artifact '{there.Name}' is damaged: it has SHA-256 {there.Sha256}, expected {expected}; delete it", there.Name);
}
