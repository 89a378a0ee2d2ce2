using System.Text.Json;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Work;

namespace FlDurable.Worker;

/// <summary>What a site allows: the content of its <c>policy.json</c>. What is not given is not limited.</summary>
public sealed record SitePolicy
{
    private const int MostDecimals = 15;

    /// <summary>The federations whose work is done, by id; one that ends in <c>*</c> stands for all that begin so. Null for all.</summary>
    public IReadOnlyList<string>? Federations { get; init; }

    /// <summary>The strategies, by name; null for all.</summary>
    public IReadOnlyList<string>? Strategies { get; init; }

    /// <summary>The networks, by name; null for all.</summary>
    public IReadOnlyList<string>? Networks { get; init; }

    /// <summary>The most epochs of a round; null for no limit.</summary>
    public int? MaxEpochs { get; init; }

    /// <summary>How many updates leave on a day, by UTC; the same one again, such as of a further attempt at its round, counts once. Null for no limit.</summary>
    public int? MaxRoundsADay { get; init; }

    /// <summary>How often it evaluates on a day, by UTC; the same parameters of a round again count once. Null for no limit.</summary>
    public int? MaxEvaluationsADay { get; init; }

    /// <summary>Clipping and noise that every update gets before it leaves; null for none.</summary>
    public LocalPrivacy? Privacy { get; init; }

    /// <summary>How many decimals of metrics leave; null for all.</summary>
    public int? MetricDecimals { get; init; }

    /// <summary>Which metrics besides loss and accuracy leave, by name; null for all.</summary>
    public IReadOnlyList<string>? AdditionalMetrics { get; init; }

    /// <summary>Whether the host is told how many examples there are of each class.</summary>
    public bool SharesClassCounts { get; init; }

    /// <summary>A class with fewer examples is told as having none.</summary>
    public int LeastOfAClass { get; init; } = 10;

    /// <summary>The counts of classes that are told are multiples of this, rounded down.</summary>
    public int ClassCountsInStepsOf { get; init; } = 10;

    /// <summary>
    /// The numbers of examples that are enrolled and reported are multiples of this, rounded down, but at least 1 where there are any. They are the weight of an update, which
    /// is trained on all of them.
    /// </summary>
    public int ExamplesInStepsOf { get; init; } = 1;

    /// <summary>What becomes of records that can't be read.</summary>
    public UnreadableRule Unreadable { get; init; } = UnreadableRule.Refuse;

    /// <summary>Reads a policy.</summary>
    /// <exception cref="WorkerException">It is none.</exception>
    public static SitePolicy Parse(ReadOnlySpan<byte> utf8Json, string path)
    {
        try
        {
            var policy = ContractJson.Deserialize<SitePolicy>(utf8Json);
            return policy.FindProblem() is { } problem ? throw new WorkerException($"the policy '{path}' can't be used: {problem}") : policy;
        }
        catch (JsonException exception)
        {
            throw new WorkerException($"the policy '{path}' can't be used{(exception.Path is { } where ? $", at {where}" : "")}: {exception.Message}", exception);
        }
    }

    /// <summary>Refuses work that is not allowed.</summary>
    /// <param name="order">The work.</param>
    /// <param name="digest">What it asks for (<see cref="SiteWork.DigestOf"/>).</param>
    /// <param name="today">Reads what has left the site on this day, and what is about to; the whole audit file is read for it, and so only for a limit.</param>
    /// <exception cref="WorkDeclinedException">It is not allowed.</exception>
    internal void Check(WorkOrder order, string digest, Func<DayOfWork> today)
    {
        var spec = order.Spec.Spec;
        if (Federations is not null && !Federations.Any(known => known is [.., '*'] ? order.Spec.Id.StartsWith(known[..^1], StringComparison.Ordinal) : known == order.Spec.Id))
            throw new WorkDeclinedException(WorkFailures.PolicyFederation);
        if (Strategies?.Contains(spec.Strategy.Name, StringComparer.Ordinal) == false)
            throw new WorkDeclinedException(WorkFailures.PolicyStrategy);
        if (Networks?.Contains(spec.Network.Name, StringComparer.Ordinal) == false)
            throw new WorkDeclinedException(WorkFailures.PolicyNetwork);
        if (order.Plan is { MeasuresInitialLoss: true } && spec.Strategy.Name != "qfedavg")
            throw new WorkDeclinedException(WorkFailures.PolicyStrategy); // of the strategies only that one needs it, and it is a look at the data
        if (!order.Phase.HasUpdates)
        {
            if (MaxEvaluationsADay is { } evaluations && today().Evaluations.CountWith(digest) > evaluations)
                throw new WorkDeclinedException(WorkFailures.PolicyEvaluations, MaxEvaluationsADay);
            return;
        }

        if (TrainingPlan.Of(spec, order.Round).Epochs > MaxEpochs)
            throw new WorkDeclinedException(WorkFailures.PolicyEpochs, MaxEpochs);
        if (MaxRoundsADay is { } rounds && today().Trainings.CountWith(digest) > rounds)
            throw new WorkDeclinedException(WorkFailures.PolicyRounds, MaxRoundsADay);
    }

    /// <summary>The privacy that an update gets: what the federation has its clients do, and never less than the site's own.</summary>
    /// <exception cref="WorkDeclinedException">What is asked for is no privacy: a host that means well sends none such.</exception>
    internal PrivacyOptions? Over(PrivacyOptions? asked)
    {
        if (asked is { IsAtServer: false } && (asked.Clip is not (> 0 and < double.PositiveInfinity) || asked.NoiseMultiplier is not (>= 0 and < double.PositiveInfinity)))
            throw new WorkDeclinedException(WorkFailures.Broken);
        if (Privacy is not { } own)
            return asked is { IsAtServer: false } ? asked : null;
        if (asked is not { IsAtServer: false, Clip: { } clip })
            return new PrivacyOptions(own.NoiseMultiplier, PrivacyOptions.Client, Clip: own.Clip);

        // The smaller clip, and noise whose deviation is the larger of the two.
        var smaller = Math.Min(clip, own.Clip);
        var deviation = Math.Max(clip * asked.NoiseMultiplier, own.Clip * own.NoiseMultiplier);
        return asked with { Clip = smaller, NoiseMultiplier = deviation / smaller };
    }

    /// <summary>Of metrics what may leave.</summary>
    internal Metrics Reduce(Metrics metrics)
    {
        var additional = (metrics.Additional ?? new Dictionary<string, double>())
            .Where(metric => AdditionalMetrics?.Contains(metric.Key, StringComparer.Ordinal) != false)
            .ToDictionary(metric => metric.Key, metric => Reduce(metric.Value), StringComparer.Ordinal);
        return new Metrics(Reduce(metrics.Loss), Reduce(metrics.Accuracy), additional.Count == 0 ? null : additional);
    }

    /// <summary>Of a figure what may leave.</summary>
    internal double Reduce(double figure) =>
        MetricDecimals is { } decimals && double.IsFinite(figure) ? Math.Round(figure, decimals, MidpointRounding.AwayFromZero) : figure;

    /// <summary>Of a number of examples what may leave.</summary>
    internal int Reduce(int examples) => Math.Max(Math.Min(examples, 1), examples / ExamplesInStepsOf * ExamplesInStepsOf);

    /// <summary>Of the counts of classes what may leave; null if nothing.</summary>
    internal IReadOnlyList<int>? Reduce(IReadOnlyList<int> classCounts) => SharesClassCounts
        ? [.. classCounts.Select(count => count < LeastOfAClass ? 0 : count / ClassCountsInStepsOf * ClassCountsInStepsOf)]
        : null;

    private string? FindProblem() => this switch
    {
        { MaxEpochs: < 1 } => "maxEpochs: expected 1 or more",
        { MaxRoundsADay: < 0 } => "maxRoundsADay: expected 0 or more",
        { MaxEvaluationsADay: < 0 } => "maxEvaluationsADay: expected 0 or more",
        { MetricDecimals: < 0 or > MostDecimals } => $"metricDecimals: expected 0 to {MostDecimals}",
        { LeastOfAClass: < 0 } => "leastOfAClass: expected 0 or more",
        { ClassCountsInStepsOf: < 1 } => "classCountsInStepsOf: expected 1 or more",
        { ExamplesInStepsOf: < 1 } => "examplesInStepsOf: expected 1 or more",
        { Unreadable.SkipAtMostPercent: { } percent } when percent is not (> 0 and <= DatasetRequest.MostSkippedPercent) =>
            $"unreadable: expected a skipAtMostPercent above 0 to {DatasetRequest.MostSkippedPercent}",
        { Privacy: { } privacy } when privacy.Clip is not (> 0 and < double.PositiveInfinity) || privacy.NoiseMultiplier is not (>= 0 and < double.PositiveInfinity) =>
            "privacy: expected a clip above 0 and a noiseMultiplier of 0 or more",
        _ => null,
    };
}

/// <summary>What has left a site on a day, and what is about to.</summary>
/// <param name="Trainings">Updates.</param>
/// <param name="Evaluations">Evaluations.</param>
internal sealed record DayOfWork(Answers Trainings, Answers Evaluations);

/// <summary>Answers to orders. Those to one order are one: they say the same.</summary>
/// <param name="entries">The audit file's lines of them.</param>
/// <param name="underWay">The digests of the orders that are being worked on.</param>
internal sealed class Answers(IEnumerable<AuditEntry> entries, IEnumerable<string> underWay)
{
    // A line of a release that wrote no digest is told apart by its time.
    private readonly HashSet<string> digests = [.. entries.Select(entry => entry.Order ?? $"{entry.At:O}"), .. underWay];

    /// <summary>How many there are with one more.</summary>
    public int CountWith(string digest) => digests.Contains(digest) ? digests.Count : digests.Count + 1;
}

/// <summary>Clipping and noise that a site adds itself.</summary>
/// <param name="Clip">The largest norm of an update.</param>
/// <param name="NoiseMultiplier">The noise's standard deviation in clips.</param>
public sealed record LocalPrivacy(double Clip, double NoiseMultiplier);

/// <summary>A site's policy file, read anew when it has changed.</summary>
/// <param name="path">The file; null for none, which allows everything.</param>
internal sealed class PolicyFile(string? path)
{
    private const int MaxBytes = 1 << 20;

    private (DateTime Changed, long Length, SitePolicy Policy)? read;

    /// <summary>The policy as it is now.</summary>
    /// <exception cref="UnreadablePolicyException">It can't be read: nothing is allowed until it can.</exception>
    public SitePolicy Read()
    {
        if (path is null)
            return new SitePolicy();
        try
        {
            return ReadNew(path);
        }
        catch (WorkerException exception)
        {
            throw new UnreadablePolicyException(exception);
        }
    }

    private SitePolicy ReadNew(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists || file.Length > MaxBytes)
                throw new WorkerException($"the policy '{path}' can't be used: expected a file of at most {MaxBytes} bytes");
            if (read is { } last && last.Changed == file.LastWriteTimeUtc && last.Length == file.Length)
                return last.Policy;
            var policy = SitePolicy.Parse(File.ReadAllBytes(path), path);
            read = (file.LastWriteTimeUtc, file.Length, policy);
            return policy;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WorkerException($"the policy '{path}' can't be read: {exception.Message}", exception);
        }
    }
}
