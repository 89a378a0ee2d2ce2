using System.Runtime.CompilerServices;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Records;

/// <summary>
/// What a federation has recorded, for whoever is in none of its rounds and so has no references: found by name, and held against what was
/// recorded when it was written. What is damaged is never handed out; who asks is told what is whole.
/// </summary>
/// <param name="store">Where the artifacts are.</param>
/// <param name="id">The federation.</param>
public sealed class RecordedFederation(IArtifactStore store, string id)
{
    // Each is hashed to be told whole: of a long federation the nearest are enough to go on from.
    private const int MaxRoundsLookedAt = 32;
    private const int MaxRoundsNamed = 8;

    // Records are asked for one by one: after so many that are missing nobody has recorded another.
    private const int MaxGap = 32;

    /// <summary>What the federation was started with, or null; with what its data has decided, as soon as that is known.</summary>
    /// <exception cref="ArtifactCorruptException">It, or what says which data it has, is damaged.</exception>
    public async Task<ResolvedSpec?> FindSpecAsync(CancellationToken cancellationToken) =>
        await store.FindJsonAsync<ResolvedSpec>(ArtifactNames.Spec(id), cancellationToken) is { } spec
            ? await DecideAsync(spec, cancellationToken)
            : null;

    /// <summary>The spec with what the federation's data has decided: which that is, and the engine where it waited for it.</summary>
    /// <exception cref="ArtifactCorruptException">What says so is damaged.</exception>
    public async Task<ResolvedSpec> DecideAsync(ResolvedSpec spec, CancellationToken cancellationToken)
    {
        if (spec.Dataset is not null || await store.FindJsonAsync<FederationDataset>(ArtifactNames.FederationDataset(id), cancellationToken) is not { } decided)
            return spec;
        return spec with { Dataset = decided.Dataset, Engine = decided.Engine ?? spec.Engine };
    }

    /// <summary>What is thrown where a federation's data set must be known, and isn't.</summary>
    public static ArtifactMissingException LostDataset(string id) => new(Lost(ArtifactNames.FederationDataset(id)), ArtifactNames.FederationDataset(id));

    /// <summary>How the federation ended; null while it has not. What it had failed of before it was retried is no end.</summary>
    /// <param name="output">What its orchestration returned: the result's reference; null where it is not known, or there is none.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="ArtifactCorruptException">It is damaged.</exception>
    public async Task<FederationResult?> FindResultAsync(ArtifactReference? output, CancellationToken cancellationToken)
    {
        var name = output?.Name ?? ArtifactNames.Result(id, await store.CountRetriesAsync(id, cancellationToken));
        var result = await store.FindJsonAsync<FederationResult>(name, cancellationToken);
        if (result is not null && output is not null && await store.FindAsync(name, cancellationToken) is { } found && found != output)
            throw new ArtifactCorruptException($"artifact '{name}' is damaged: it has SHA-256 {found.Sha256}, the federation ended with {output.Sha256}", name);
        return result;
    }

    /// <summary>A recorded round, or null.</summary>
    /// <exception cref="ArtifactCorruptException">Its record is damaged.</exception>
    public async Task<RoundRecord?> FindRecordAsync(int round, CancellationToken cancellationToken)
    {
        var name = ArtifactNames.Record(id, round);
        var record = await store.FindJsonAsync<RoundRecord>(name, cancellationToken);
        return record is null || record.Round == round
            ? record
            : throw new ArtifactCorruptException($"artifact '{name}' is damaged: it is the record of round {record.Round}", name);
    }

    /// <summary>The clients of a recorded round, in order, wherever its record has them, with one part of them in memory at a time.</summary>
    /// <exception cref="ArtifactMissingException">A part is gone.</exception>
    /// <exception cref="ArtifactCorruptException">A part is not what the record says.</exception>
    public async IAsyncEnumerable<RoundClients> ReadClientsAsync(RoundRecord record, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (record.Parts is null)
            yield return new RoundClients(record.Participants, record.Failures);
        for (var part = 0; part < record.Parts?.Count; part++)
            yield return await ReadClientsAsync(record, part, cancellationToken);
    }

    /// <summary>The clients in one part of a recorded round's record.</summary>
    /// <param name="record">The record, which has such a part.</param>
    /// <param name="part">Which part, from 0.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="ArtifactMissingException">The part is gone.</exception>
    /// <exception cref="ArtifactCorruptException">The part is not what the record says.</exception>
    public async Task<RoundClients> ReadClientsAsync(RoundRecord record, int part, CancellationToken cancellationToken)
    {
        var seal = record.Parts![part].Seal;
        var name = ArtifactNames.RecordPart(id, record.Round, part, seal);
        var clients = await store.FindJsonAsync<RoundClients>(name, cancellationToken) ?? throw new ArtifactMissingException(Lost(name), name);
        return clients.Seal == seal
            ? clients
            : throw new ArtifactCorruptException($"artifact '{name}' is damaged: it is not what the record of round {record.Round} says", name);
    }

    /// <summary>
    /// The records of rounds that follow one another, up to the first that is not there though it could be: one that was recorded and is not
    /// there is damage, as one that has changed.
    /// </summary>
    /// <param name="first">The first round.</param>
    /// <param name="last">The last round.</param>
    /// <param name="recorded">The last round that is known to have been recorded; less than <paramref name="first"/> if none is.</param>
    /// <param name="cancellationToken">Looked at between records.</param>
    public async Task<FoundRecords> ReadRecordsAsync(int first, int last, int recorded, CancellationToken cancellationToken)
    {
        var records = new List<RoundRecord>();
        var damage = new List<string>();
        for (var round = first; round <= last; round++)
        {
            try
            {
                if (await FindRecordAsync(round, cancellationToken) is { } record)
                    records.Add(record);
                else if (round <= recorded)
                    damage.Add(Lost(ArtifactNames.Record(id, round)));
                else
                    return new FoundRecords(records, damage, round);
            }
            catch (ArtifactCorruptException exception)
            {
                damage.Add(exception.Message);
            }
        }

        return new FoundRecords(records, damage, Missing: null);
    }

    /// <summary>
    /// The last round that is recorded, for whoever has lost what the engine's database knew of it. Records that are missing before it are no
    /// reason to run their rounds again: what came of them is in the parameters of those after.
    /// </summary>
    /// <param name="spec">The federation's spec.</param>
    /// <param name="first">The first round that counts.</param>
    /// <param name="cancellationToken">Looked at between records.</param>
    /// <returns>Null if no round from the first is recorded, or if the partitioned data is gone and must be prepared before.</returns>
    /// <exception cref="ArtifactMissingException">It is recorded, and its parameters are gone.</exception>
    /// <exception cref="ArtifactCorruptException">They, or its record, are damaged.</exception>
    public async Task<RecordedRound?> FindLastRoundAsync(ResolvedSpec spec, int first, CancellationToken cancellationToken)
    {
        if ((await DecideAsync(spec, cancellationToken)).Dataset is not { } decided
            || await store.FindAsync(ArtifactNames.DatasetManifest(decided.Digest), cancellationToken) is not { } dataset)
        {
            return null;
        }

        var last = await FindLastRecordedAsync(spec, first, cancellationToken);
        if (last is null || await FindRecordAsync(last.Value, cancellationToken) is not { } record)
            return null;
        var global = await FindParametersAsync(last.Value, cancellationToken) ?? throw LostParameters(last.Value);
        return new RecordedRound(
            last.Value, dataset, global, record.ToMetrics(), await FindStrategyStateAsync(record, cancellationToken), record.Best,
            await FindBestBeforeAsync(record, cancellationToken), record.Stopped);
    }

    /// <summary>
    /// The round whose parameters are the best so far by the spec's <c>keepBest</c>; null if it keeps none, or nothing was measured yet.
    /// </summary>
    /// <param name="spec">The federation's spec.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <param name="first">A round that is recorded: nobody has to look for records before it.</param>
    /// <exception cref="ArtifactCorruptException">The last record is damaged.</exception>
    public async Task<BestRound?> FindBestAsync(ResolvedSpec spec, CancellationToken cancellationToken, int first = 0)
    {
        if (spec.Spec.KeepBest is not { } metric || await FindLastRecordedAsync(spec, first, cancellationToken) is not { } last)
            return null;
        return (await FindRecordAsync(last, cancellationToken))?.Best?.FirstOrDefault(best => best.Metric == metric);
    }

    /// <summary>The last round that has a record, whatever has become of it.</summary>
    private async Task<int?> FindLastRecordedAsync(ResolvedSpec spec, int first, CancellationToken cancellationToken)
    {
        int? last = null;
        for (var round = first; round <= spec.Spec.Rounds && round <= (last ?? first) + MaxGap; round++)
        {
            if (await store.FindAsync(ArtifactNames.Record(id, round), cancellationToken) is not null)
                last = round;
        }

        return last;
    }

    /// <summary>The best rounds before one: what it has put in the shade is yet to be deleted. Where that can't be said, it stays.</summary>
    private async Task<IReadOnlyList<BestRound>?> FindBestBeforeAsync(RoundRecord record, CancellationToken cancellationToken)
    {
        if (record.Round == 0 || record.Best is not { } best || best.All(one => one.Round != record.Round))
            return record.Best;
        try
        {
            return (await FindRecordAsync(record.Round - 1, cancellationToken))?.Best;
        }
        catch (ArtifactCorruptException)
        {
            return null;
        }
    }

    /// <summary>
    /// Refuses work for a round that is recorded, where what it would need is gone: it could only write over what is recorded, or leave what
    /// nobody deletes. An engine whose database is older than the artifacts asks for such.
    /// </summary>
    /// <exception cref="WorkNotNeededException">The round is recorded.</exception>
    public async Task ThrowIfRecordedAsync(int round, CancellationToken cancellationToken)
    {
        if (await IsRecordedAsync(round, cancellationToken))
            throw new WorkNotNeededException($"nobody waits for it any more: round {round} is recorded");
    }

    /// <summary>Whether a round has a record, whatever has become of it.</summary>
    public async Task<bool> IsRecordedAsync(int round, CancellationToken cancellationToken) =>
        await store.FindAsync(ArtifactNames.Record(id, round), cancellationToken) is not null;

    /// <summary>What to say of an artifact that was there and is not.</summary>
    public static string Lost(string artifact) => $"artifact '{artifact}' is missing: it was written, and is gone";

    /// <summary>The global parameters after a round that is recorded, or null where it is not, or the federation's retention does not keep them.</summary>
    /// <exception cref="ArtifactMissingException">They should be there and are gone. The message names what is whole.</exception>
    /// <exception cref="ArtifactCorruptException">They, or the record that says what they must be, are damaged. The message names what is whole.</exception>
    public async Task<ArtifactReference?> FindParametersAsync(int round, CancellationToken cancellationToken)
    {
        try
        {
            if (await FindWholeParametersAsync(round, cancellationToken) is { } found)
                return found;
        }
        catch (ArtifactCorruptException exception)
        {
            throw await AdviseAsync(exception, round, cancellationToken);
        }

        if (!await IsRecordedAsync(round, cancellationToken) || await IsSupersededAsync(round, cancellationToken))
            return null;
        var lost = LostParameters(round);
        throw new ArtifactMissingException($"{lost.Message}; {await TellWholeAsync(round, cancellationToken)}", lost.Artifact);
    }

    /// <summary>The global parameters after a recorded round, or null where they are not there, for whatever reason.</summary>
    /// <exception cref="ArtifactCorruptException">They are damaged.</exception>
    public async Task<ArtifactReference?> FindParametersAsync(RoundRecord record, CancellationToken cancellationToken) =>
        await store.FindAsync(ArtifactNames.GlobalParameters(id, record.Round), cancellationToken) is { } found ? Whole(found, record.ParametersSha256) : null;

    /// <summary>What the strategy kept of a recorded round; null if that was nothing.</summary>
    /// <exception cref="ArtifactMissingException">It is gone.</exception>
    /// <exception cref="ArtifactCorruptException">It is damaged.</exception>
    public async Task<ArtifactReference?> FindStrategyStateAsync(RoundRecord record, CancellationToken cancellationToken)
    {
        if (record.StrategyStateSha256 is not { } recorded)
            return null;
        var name = ArtifactNames.StrategyState(id, record.Round);
        return await store.FindAsync(name, cancellationToken) is { } found ? Whole(found, recorded) : throw new ArtifactMissingException(Lost(name), name);
    }

    /// <summary>What the clients have kept by the end of a recorded round; null if the strategy has them keep nothing.</summary>
    /// <exception cref="ArtifactMissingException">What says so is gone.</exception>
    /// <exception cref="ArtifactCorruptException">It is damaged.</exception>
    public async Task<ClientStates?> FindClientStatesAsync(RoundRecord record, CancellationToken cancellationToken)
    {
        if (record.ClientStatesSha256 is not { } recorded)
            return null;
        var name = ArtifactNames.ClientStates(id, record.Round);
        var found = await store.FindAsync(name, cancellationToken) ?? throw new ArtifactMissingException(Lost(name), name);
        return await store.ReadJsonAsync<ClientStates>(Whole(found, recorded), cancellationToken);
    }

    /// <summary>The final model; null unless the federation has come to its end.</summary>
    /// <exception cref="ArtifactCorruptException">It, or what says what it must be, is damaged. The message names what is whole.</exception>
    public async Task<ArtifactReference?> FindModelAsync(CancellationToken cancellationToken)
    {
        if (await store.FindAsync(ArtifactNames.Model(id), cancellationToken) is not { } model
            || await FindSpecAsync(cancellationToken) is not { } spec)
        {
            return null;
        }

        var last = await FindEndAsync(spec, cancellationToken);
        try
        {
            // Builds before this one left the last parameters of a federation that failed under the model's name.
            return await FindFinalSha256Async(spec, last, cancellationToken) is { } sha256 ? Whole(model, sha256) : null;
        }
        catch (ArtifactCorruptException exception)
        {
            throw await AdviseAsync(exception, last, cancellationToken);
        }
    }

    /// <summary>The round that a federation which is over has ended with: the last that was asked for, unless it was stopped before.</summary>
    private async Task<int> FindEndAsync(ResolvedSpec spec, CancellationToken cancellationToken)
    {
        if (await IsRecordedAsync(spec.Spec.Rounds, cancellationToken))
            return spec.Spec.Rounds;
        try
        {
            if (await FindResultAsync(output: null, cancellationToken) is { Rounds: [.., { Round: var ended }] })
                return ended;
        }
        catch (ArtifactCorruptException)
        {
            // The records say it, too.
        }

        return await FindLastRecordedAsync(spec, first: 0, cancellationToken) ?? spec.Spec.Rounds;
    }

    private async Task<string?> FindFinalSha256Async(ResolvedSpec spec, int last, CancellationToken cancellationToken)
    {
        try
        {
            if (await FindRecordAsync(last, cancellationToken) is { } record && (last == spec.Spec.Rounds || record.Stopped is not null))
                return record.ParametersSha256;
        }
        catch (ArtifactCorruptException)
        {
            // The result has it too.
        }

        return await FindResultAsync(output: null, cancellationToken) is { Status: FederationStatus.Completed } result ? result.Model?.Sha256 : null;
    }

    private async Task<ArtifactReference?> FindWholeParametersAsync(int round, CancellationToken cancellationToken) =>
        await FindRecordAsync(round, cancellationToken) is { } record ? await FindParametersAsync(record, cancellationToken) : null;

    /// <summary>
    /// Whether a round's parameters were deleted since a later round is recorded. A few records more than that round's are looked for: it may be
    /// the one that is lost.
    /// </summary>
    private async Task<bool> IsSupersededAsync(int round, CancellationToken cancellationToken)
    {
        if (await FindSpecAsync(cancellationToken) is not { } spec
            || !RetentionPolicy.TryParse(spec.Spec.Retention, out var retention) || retention.SupersededWith(round) is not { } superseding
            || (await FindBestAsync(spec, cancellationToken, first: round))?.Round == round)
        {
            return false;
        }

        for (var later = superseding; later < superseding + MaxGap && later <= spec.Spec.Rounds; later++)
        {
            if (await IsRecordedAsync(later, cancellationToken))
                return true;
        }

        return false;
    }

    private ArtifactMissingException LostParameters(int round) => new(Lost(ArtifactNames.GlobalParameters(id, round)), ArtifactNames.GlobalParameters(id, round));

    private static ArtifactReference Whole(ArtifactReference found, string recorded) => found.Sha256 == recorded
        ? found
        : throw new ArtifactCorruptException(
            $"artifact '{found.Name}' is damaged: its {found.Length} bytes have SHA-256 {found.Sha256}, recorded is {recorded}", found.Name);

    private async Task<ArtifactCorruptException> AdviseAsync(ArtifactCorruptException damage, int round, CancellationToken cancellationToken) =>
        new($"{damage.Message}; {await TellWholeAsync(round, cancellationToken)}", damage.Artifact);

    private async Task<string> TellWholeAsync(int near, CancellationToken cancellationToken)
    {
        var whole = await FindWholeRoundsAsync(near, cancellationToken);
        return whole.Count switch
        {
            0 => "no other round's parameters are whole",
            1 => $"whole are the parameters of round {whole[0]}",
            _ => $"whole are the parameters of rounds {string.Join(", ", whole.SkipLast(1))} and {whole[^1]}",
        };
    }

    /// <summary>The rounds next to one that have all that was recorded of them, as many as are worth naming.</summary>
    private async Task<List<int>> FindWholeRoundsAsync(int near, CancellationToken cancellationToken)
    {
        var whole = new List<int>();
        var looked = 0;
        for (var distance = 0; looked < MaxRoundsLookedAt && whole.Count < MaxRoundsNamed && distance <= MaxRoundsLookedAt; distance++)
        {
            foreach (var round in (int[])[near - distance, near + distance])
            {
                if (round < 0 || whole.Contains(round))
                    continue;
                looked++;
                try
                {
                    if (await FindWholeParametersAsync(round, cancellationToken) is not null)
                        whole.Add(round);
                }
                catch (ArtifactCorruptException)
                {
                    // Then it isn't.
                }
            }
        }

        whole.Sort();
        return whole;
    }
}

/// <summary>The rounds that are recorded.</summary>
/// <param name="Records">Their records, but for those that are damaged.</param>
/// <param name="Damage">What is damaged, for a person.</param>
/// <param name="Missing">The first round that is not recorded; null if all that were asked for are.</param>
public sealed record FoundRecords(IReadOnlyList<RoundRecord> Records, IReadOnlyList<string> Damage, int? Missing);
