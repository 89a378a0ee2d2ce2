using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>
/// What a branch takes over besides parameters: what the strategy, and by it the clients, kept of the round that it starts from. A branch with
/// another strategy takes over nothing, and one by whose options the strategy keeps something else is refused; nor does one whose clients have other data, where they kept anything: it was of theirs.
/// </summary>
internal sealed class BranchedState(IArtifactStore store, StrategyRegistry strategies)
{
    /// <summary>What a new federation is to start from, by the names that it has there; each null if that is nothing.</summary>
    /// <param name="spec">The new federation's spec.</param>
    /// <param name="point">What it branches from.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidSpecException">It is gone or damaged, or is not what the new federation's strategy keeps.</exception>
    public async Task<(ArtifactReference? Strategy, ArtifactReference? Clients)> ResolveAsync(
        FederationSpec spec, BranchPoint point, CancellationToken cancellationToken)
    {
        if (await FindAsync(spec, point, cancellationToken) is not { } found)
            return default;
        var strategy = found.Strategy is { } kept ? kept with { Name = ArtifactNames.StrategyState(spec.Id!, round: 0) } : null;
        var clients = found.Clients is { } states ? ArtifactReference.Of(ArtifactNames.ClientStates(spec.Id!, round: 0), Branched(states)) : null;
        return (strategy, clients);
    }

    /// <summary>
    /// What was spent of clients' privacy on what a new federation starts from; null if that was nothing, is not known here, or has no bound, since
    /// the last rounds were without privacy.
    /// </summary>
    public static IReadOnlyList<PrivacySpending>? PrivacySpent(BranchPoint point)
    {
        var (parent, round) = point;
        if (parent.Spec.Privacy is null && round > 0)
            return null;
        PrivacySpending[] spent = [.. parent.PrivacySpentBefore ?? [], .. PrivacyAccount.Of(parent.Spec, round) is { } own ? (PrivacySpending[])[own] : []];
        return spent.Length == 0 ? null : spent;
    }

    /// <summary>Copies it, unless that is done.</summary>
    /// <inheritdoc cref="ResolveAsync"/>
    public async Task CopyAsync(ResolvedSpec spec, CancellationToken cancellationToken)
    {
        if (spec.InitialState is { } strategy && await store.FindAsync(strategy.Name, cancellationToken) != strategy)
        {
            var kept = (await FindAgainAsync())?.Strategy ?? throw Gone(strategy);
            await CopyAsync(kept with { Length = strategy.Length, Sha256 = strategy.Sha256 }, strategy, cancellationToken);
        }

        // What says which they are comes last: where it is, all are.
        if (spec.InitialClientStates is { } clients && await store.FindAsync(clients.Name, cancellationToken) != clients)
        {
            var found = await FindAgainAsync();
            if (found?.Clients is not { } states)
                throw Gone(clients);
            foreach (var state in states.Clients)
                await CopyAsync(state.In(found.Value.Id), (state with { Round = 0 }).In(spec.Id), cancellationToken);
            await PutAsync(clients, Branched(states), cancellationToken);
        }

        async Task<(string Id, ArtifactReference? Strategy, ClientStates? Clients)?> FindAgainAsync() =>
            await BranchPoint.FindAsync(store, spec.Spec, cancellationToken) is { } point ? await FindAsync(spec.Spec, point, cancellationToken) : null;
    }

    private async Task CopyAsync(ArtifactReference kept, ArtifactReference expected, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(expected.Name, cancellationToken) != expected)
            await PutAsync(expected, await store.ReadAsync(kept, cancellationToken), cancellationToken);
    }

    private async Task PutAsync(ArtifactReference expected, byte[] content, CancellationToken cancellationToken)
    {
        if (await store.PutAsync(expected.Name, content, cancellationToken) is var there && there != expected)
        {
            throw new ArtifactCorruptException(
                $"artifact '{expected.Name}' is damaged: it has SHA-256 {there.Sha256}, the federation was started with {expected.Sha256}; delete it and start again", expected.Name);
        }
    }

    private async Task<(string Id, ArtifactReference? Strategy, ClientStates? Clients)?> FindAsync(
        FederationSpec spec, BranchPoint point, CancellationToken cancellationToken)
    {
        var (parent, round) = point;
        var (id, recorded) = (parent.Id, point.RecordedIn(store));
        if (parent.Spec.Strategy.Name != spec.Strategy.Name || FollowsNorms(parent.Spec) != FollowsNorms(spec))
            return null;
        try
        {
            if (await recorded.FindRecordAsync(round, cancellationToken) is not { } record || (record.ClientStatesSha256 is not null && !HaveSameData(parent.Spec, spec)))
                return null;
            if (await recorded.FindStrategyStateAsync(record, cancellationToken) is not { } kept)
                return (id, null, await recorded.FindClientStatesAsync(record, cancellationToken));
            RefuseOtherState(parent, spec);
            return (id, kept, await recorded.FindClientStatesAsync(record, cancellationToken));
        }
        catch (Exception exception) when (exception is ArtifactMissingException or ArtifactCorruptException)
        {
            throw Refused($"what its strategy kept of it can't be used: {exception.Message}");
        }
    }

    /// <summary>What was kept by options that keep something else could not be read in any round.</summary>
    private void RefuseOtherState(ResolvedSpec parent, FederationSpec spec)
    {
        if (Keeps(spec.Strategy))
            return;
        var decisive = spec.Strategy.ExchangedFor(parent.Spec.Strategy).Where(option => Keeps(option.Exchanged)).Select(option => $"strategy.{option.Name}").ToList();
        throw new InvalidSpecException([.. decisive.DefaultIfEmpty("strategy").Select(field => new SpecError(
            field, $"expected as in federation '{parent.Id}', '{parent.Spec.Strategy}': by '{spec.Strategy}' the strategy goes on with other numbers than it kept there. To start with the parameters alone, give them as a file."))]);

        bool Keeps(SpecChoice strategy) =>
            strategies.For(spec with { Strategy = strategy }, round: 1).State.SequenceEqual(strategies.For(parent.Spec, round: 1).State);
    }

    /// <summary>As the clients of a branch have them: of its round 0.</summary>
    private static byte[] Branched(ClientStates states) =>
        ContractJson.SerializeToUtf8(new ClientStates([.. states.Clients.Select(state => state with { Round = 0 })]));

    /// <summary>Whether the strategy keeps a clip besides.</summary>
    private static bool FollowsNorms(FederationSpec spec) => spec.Privacy is { IsAtServer: true, IsAdaptive: true };

    private static bool HaveSameData(FederationSpec one, FederationSpec other) =>
        DatasetRequest.Of(one) == DatasetRequest.Of(other)
        && DatasetRecipe.Of(one, sourceSha256: "") == DatasetRecipe.Of(other, sourceSha256: "");

    private static InvalidSpecException Gone(ArtifactReference expected) =>
        Refused($"what its strategy kept of it is gone (expected SHA-256 {expected.Sha256})");

    private static InvalidSpecException Refused(string reason) => new([new SpecError("initial", $"that round can't be branched from: {reason}")]);
}
