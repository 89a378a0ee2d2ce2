using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>
/// Tells how far the round is that a federation is at. The step is the round's custom status, and the clients' results are in the store: nothing is written
/// for it, so what is told is true, and costs only whoever asks.
/// </summary>
/// <param name="store">The federations' artifacts.</param>
/// <param name="list">Lists instances, as <see cref="IOrchestrationClient.GetInstancesAsync"/> does.</param>
/// <param name="time">The clock.</param>
/// <param name="signs">What is heard of those who work elsewhere; null where nothing is.</param>
/// <param name="since">When the process that is at work on the federations began; null where that is not known.</param>
public sealed partial class RoundWatch(
    IArtifactStore store, Func<OrchestrationQuery, CancellationToken, Task<OrchestrationPage>> list, TimeProvider time, IWorkSigns? signs = null, DateTimeOffset? since = null)
{
    private const int MostCohorts = 256;
    private const int MostNames = 10;
    private const int ConcurrentReads = 16;
    private const int MostFederations = 256;

    private static readonly TimeSpan Holds = TimeSpan.FromSeconds(1);
    private static readonly IReadOnlyDictionary<string, DonePart> NothingDone = new Dictionary<string, DonePart>(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, Look> looks = new(StringComparer.Ordinal);

    /// <summary>
    /// The round that is in progress; null while there is none, as between two rounds. However many ask, it is looked at once a second, and a part that is done is not
    /// read again.
    /// </summary>
    /// <exception cref="ArtifactStoreException">The store can't be read.</exception>
    public async Task<RoundInProgress?> FindAsync(ResolvedSpec spec, CancellationToken cancellationToken)
    {
        var before = looks.GetValueOrDefault(spec.Id);
        if (before is not null && time.GetElapsedTime(before.At) < Holds)
            return before.Round;
        var look = await LookAsync(spec, before?.Done ?? NothingDone, cancellationToken);
        if (looks.Count >= MostFederations)
            looks.Clear();
        looks[spec.Id] = look;
        return look.Round;
    }

    private async Task<Look> LookAsync(ResolvedSpec spec, IReadOnlyDictionary<string, DonePart> done, CancellationToken cancellationToken)
    {
        var at = time.GetTimestamp();
        var query = new OrchestrationQuery(
            [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended], $"{spec.Id}:", Orchestrations.Round.Name);
        var attempt = (await list(query, cancellationToken)).Instances.MaxBy(instance => instance.CreatedAt);
        if (attempt?.ReadCustomStatusAs<RoundProgress>() is not { } progress || AttemptName().Match(attempt.InstanceId) is not { Success: true } name)
            return new Look(at, Round: null, NothingDone);
        var (round, number) = (Number(name, "round"), Number(name, "attempt"));
        var (clients, known) = PhaseOf(progress.Step) is { } phase
            ? await CountAsync(spec, round, number, phase, done, cancellationToken)
            : (null, NothingDone);
        return new Look(
            at,
            new RoundInProgress
            {
                Round = round,
                Attempt = number,
                Step = clients is { Outstanding: 0, Selected: > 0 } && progress.Step == RoundProgress.Training ? RoundProgress.Aggregating : progress.Step,
                Since = progress.Since,
                Deadline = progress.Deadline,
                Clients = clients,
            },
            known);
    }

    private async Task<(ClientsInProgress?, IReadOnlyDictionary<string, DonePart>)> CountAsync(
        ResolvedSpec spec, int round, int attempt, RoundPhase phase, IReadOnlyDictionary<string, DonePart> done, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(ArtifactNames.Selection(spec.Id, round), cancellationToken) is not { } selection)
            return (null, NothingDone);
        try
        {
            var content = await store.ReadJsonAsync<Selection>(selection, cancellationToken);
            var selected = content.Of(phase).Count;
            var cohorts = Leaves(new SelectionRange(0, selected)).SelectMany(leaf => SelectionTree.Cohorts(leaf, content.CohortSizeOf(phase) ?? Math.Max(spec.Spec.CohortSize, 1))).Take(MostCohorts + 1).ToList();
            var byCohort = cohorts.Count <= MostCohorts;
            List<SelectionRange> parts = byCohort ? cohorts : [.. SelectionTree.Subtrees(new SelectionRange(0, selected))];
            var names = parts.ConvertAll(part => byCohort
                ? ArtifactNames.Cohort(spec.Id, round, attempt, phase, part.First)
                : ArtifactNames.Subtree(spec.Id, round, attempt, phase, part));
            var found = new DonePart?[parts.Count];
            await Parallel.ForAsync(
                0, parts.Count, new ParallelOptions { MaxDegreeOfParallelism = ConcurrentReads, CancellationToken = cancellationToken },
                async (index, cancel) => found[index] = done.GetValueOrDefault(names[index]) ?? await ReadAsync(names[index], cancel));
            var outstanding = byCohort ? await NamesAsync(selection, phase, parts.Where((_, index) => found[index] is null), cancellationToken) : [];
            var presence = ClientPresence.Of(spec.Spec);
            var clients = Sum(selected, found, outstanding, phase, client => presence.IsThere(client, round));
            if (byCohort && clients.Outstanding > 0)
                clients = await AddLateAsync(clients, spec, (round, attempt, phase), selection, parts, found, cancellationToken);
            return (clients, names.Zip(found).Where(part => part.Second is not null).ToDictionary(part => part.First, part => part.Second!, StringComparer.Ordinal));
        }
        catch (ArtifactMissingException)
        {
            return (null, NothingDone); // the round is recorded in the meantime, and its updates deleted
        }
    }

    private async Task<DonePart?> ReadAsync(string name, CancellationToken cancellationToken) =>
        await store.FindJsonAsync<PartOutcomes>(name, cancellationToken) is { } outcomes
            ? new DonePart(Outcomes.Totals(outcomes), [.. outcomes.Clients.Select(one => one.Failure).OfType<ClientFailure>().Take(MostNames)], TimeOf(outcomes.Clients))
            : null;

    private static PartTime TimeOf(IReadOnlyList<ClientOutcome> clients) => new(
        clients.Select(one => one.StartedAt).Min(), clients.Sum(one => double.IsFinite(one.Seconds) ? Math.Max(0, one.Seconds) : 0), clients.Any(one => one.Failure is null));

    /// <summary>Who is in some parts of a selection.</summary>
    private async Task<IReadOnlyList<string>> NamesAsync(ArtifactReference selection, RoundPhase phase, IEnumerable<SelectionRange> parts, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        foreach (var part in parts)
            names.AddRange((await store.ReadSelectedAsync(selection, phase, part, cancellationToken)).Select(one => one.Client));
        return names;
    }

    /// <summary>Counts clients.</summary>
    /// <param name="selected">How many there are.</param>
    /// <param name="found">What came of parts of them; null of a part that is not done.</param>
    /// <param name="outstanding">Who is in the parts that are not done; empty where that would be too many.</param>
    /// <param name="phase">What they do.</param>
    /// <param name="isThere">Whether a client can be reached: one that can't is missing before its turn has come, which will say the same.</param>
    private static ClientsInProgress Sum(int selected, DonePart?[] found, IReadOnlyList<string> outstanding, RoundPhase phase, Func<string, bool> isThere)
    {
        var totals = found.OfType<DonePart>().Select(part => part.Totals).Aggregate(new OutcomeTotals(0, 0, 0, null), Outcomes.Add);
        var failures = found.OfType<DonePart>().SelectMany(part => part.Failures).Take(MostNames).ToList();
        if (failures.Count == 0 && totals.FirstFailure is { } first)
            failures.Add(first);
        var byPresence = outstanding.ToLookup(isThere);
        var failed = totals.Failed + byPresence[false].Count();
        return new ClientsInProgress(
            selected, totals.Succeeded, failed, selected - totals.Succeeded - failed,
            [.. failures.Concat(byPresence[false].Select(client => new ClientFailure(client, phase.Activity, ClientPresence.Absence))).Take(MostNames)],
            [.. byPresence[true].Take(MostNames)]);
    }

    /// <summary>Names those who take much longer than the others, and those whose worker is not heard of.</summary>
    private async Task<ClientsInProgress> AddLateAsync(
        ClientsInProgress clients, ResolvedSpec spec, (int Round, int Attempt, RoundPhase Phase) work, ArtifactReference selection, List<SelectionRange> parts, DonePart?[] found,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var pace = new ClientPace([.. found.Select(part => part?.Time)], now, since);
        var isElsewhere = spec.Spec.PlacementElsewhere() is not null;
        var open = isElsewhere && signs is not null
            ? await signs.ListOpenAsync(WorkNames.Offers(spec.Id, work.Round, work.Attempt, work.Phase), cancellationToken)
            : [];
        var unheard = open.Where(offer => IsSilent(offer, now)).ToList();
        var begins = isElsewhere ? BeginsOf(open.Except(unheard), parts) : await FindBeginsAsync(pace, cancellationToken);
        var presence = ClientPresence.Of(spec.Spec);
        var slow = new List<SlowClients>();
        for (var index = 0; index < parts.Count && slow.Count < MostNames; index++)
        {
            if (found[index] is null && pace.IsSlow(begins[index]) && await NamesOfAsync(index) is { Count: > 0 } names)
                slow.Add(new SlowClients(names, pace.SecondsSince(begins[index]!.Value), pace.UsualSeconds!.Value));
        }

        var silent = new List<SilentWorker>();
        foreach (var worker in unheard.GroupBy(offer => (offer.Worker, offer.HeardAt)).Take(MostNames))
        {
            var names = new List<string>();
            foreach (var offer in worker.TakeWhile(_ => names.Count < MostNames))
                names.AddRange(await NamesOfAsync(parts.FindIndex(part => part.First == WorkNames.FirstOf(offer.Work))));
            silent.Add(new SilentWorker([.. names.Take(MostNames)], worker.Key.Worker, worker.Key.HeardAt is { } heard ? (int)Math.Min(int.MaxValue, (now - heard).TotalSeconds) : null));
        }

        return clients with { Slow = slow.Count == 0 ? null : slow, Silent = silent.Count == 0 ? null : silent };

        async Task<IReadOnlyList<string>> NamesOfAsync(int part) => part < 0 || found[part] is not null
            ? []
            : [.. (await NamesAsync(selection, work.Phase, [parts[part]], cancellationToken)).Where(client => presence.IsThere(client, work.Round)).Take(MostNames)];
    }

    /// <summary>One that lives asks a server again a minute after it came back, at the latest.</summary>
    private bool IsSilent(OpenWork offer, DateTimeOffset now) =>
        offer.IsGone || (!(now - offer.HeardAt < IWorkSigns.Silence) && !(now - since < IWorkSigns.LongestPatience));

    private static DateTimeOffset?[] BeginsOf(IEnumerable<OpenWork> open, List<SelectionRange> parts)
    {
        var taken = open.ToLookup(offer => WorkNames.FirstOf(offer.Work), offer => offer.TakenAt);
        return [.. parts.Select(part => taken[part.First].Max())];
    }

    private async Task<DateTimeOffset?[]> FindBeginsAsync(ClientPace pace, CancellationToken cancellationToken)
    {
        var alone = pace.LatestBeginsAlone();
        if (!alone.Any(pace.IsSlow))
            return alone;
        var others = await list(new OrchestrationQuery([OrchestrationRuntimeStatus.Running], OrchestratorName: Orchestrations.Federation.Name, PageSize: 2), cancellationToken);
        return others.Instances.Count > 1 ? pace.LatestBegins() : alone;
    }

    private static IEnumerable<SelectionRange> Leaves(SelectionRange range) =>
        SelectionTree.IsLeaf(range) ? [range] : SelectionTree.Subtrees(range).SelectMany(Leaves);

    private static RoundPhase? PhaseOf(string step) => step switch
    {
        RoundProgress.Training => RoundPhase.Fit,
        RoundProgress.Evaluating => RoundPhase.Evaluate,
        _ => null,
    };

    private static int Number(Match name, string group) => int.Parse(name.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@":.*-round-(?<round>[0-9]{1,7})-(?<attempt>[0-9]{1,7})\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex AttemptName();

    /// <summary>What was seen.</summary>
    /// <param name="At">When.</param>
    /// <param name="Round">The round that was in progress; null if none was.</param>
    /// <param name="Done">The parts of it that had ended, by their artifacts' names: those stay what they are.</param>
    private sealed record Look(long At, RoundInProgress? Round, IReadOnlyDictionary<string, DonePart> Done);

    /// <summary>What came of a part.</summary>
    private sealed record DonePart(OutcomeTotals Totals, IReadOnlyList<ClientFailure> Failures, PartTime Time);
}
