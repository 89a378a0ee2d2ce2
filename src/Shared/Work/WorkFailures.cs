using System.Globalization;

namespace FlDurable.Shared.Work;

/// <summary>
/// Why a worker does nothing, or nothing came of it. A worker says a code, and the host puts words to it: words of the worker's own could
/// tell of what the site has.
/// </summary>
public static class WorkFailures
{
    /// <summary>The site's policy does not know the federation.</summary>
    public const string PolicyFederation = "policy-federation";

    /// <summary>The site's policy forbids the strategy.</summary>
    public const string PolicyStrategy = "policy-strategy";

    /// <summary>The site's policy forbids the network.</summary>
    public const string PolicyNetwork = "policy-network";

    /// <summary>The site's policy allows fewer epochs.</summary>
    public const string PolicyEpochs = "policy-epochs";

    /// <summary>The site's policy allows no more rounds on this day.</summary>
    public const string PolicyRounds = "policy-rounds-a-day";

    /// <summary>The site's policy allows no more evaluations on this day.</summary>
    public const string PolicyEvaluations = "policy-evaluations-a-day";

    /// <summary>The site's data is not what it was when the federation began.</summary>
    public const string DataChanged = "data-changed";

    /// <summary>The worker has no such training engine.</summary>
    public const string NoEngine = "no-engine";

    /// <summary>The training diverged.</summary>
    public const string Diverged = "diverged";

    /// <summary>The training can't be done, or its update can't be averaged.</summary>
    public const string Unfit = "unfit";

    /// <summary>The worker had not enough memory.</summary>
    public const string OutOfMemory = "out-of-memory";

    /// <summary>The training got no further.</summary>
    public const string Stalled = "stalled";

    /// <summary>The worker had no room on its disk.</summary>
    public const string DiskFull = "disk-full";

    /// <summary>Anything else.</summary>
    public const string Broken = "broken";

    // The number that may go with a code is written where the braces are.
    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        [PolicyFederation] = "the site's policy does not allow this federation (federations)",
        [PolicyStrategy] = "the site's policy does not allow the strategy (strategies)",
        [PolicyNetwork] = "the site's policy does not allow the network (networks)",
        [PolicyEpochs] = "the site's policy does not allow so many epochs (maxEpochs {0})",
        [PolicyRounds] = "the site's policy allows no more rounds on this day (maxRoundsADay {0})",
        [PolicyEvaluations] = "the site's policy allows no more evaluations on this day (maxEvaluationsADay {0})",
        [DataChanged] = "the site's data is not what it was when the federation began",
        [NoEngine] = "the site has no such training engine",
        [Diverged] = "the training diverged; a smaller learningRate may help",
        [Unfit] = "the training can't be done with the site's data, or what came of it can't be averaged; the site's log says why",
        [OutOfMemory] = "the site had not enough memory",
        [Stalled] = "the training at the site got no further for {0} seconds",
        [DiskFull] = "the site had no room on its disk",
        [Broken] = "it failed at the site, whose log says why",
    };

    private static readonly Dictionary<string, string> WordsOfPool = new(StringComparer.Ordinal)
    {
        [NoEngine] = "the worker has no such training engine",
        [OutOfMemory] = "the worker had not enough memory",
        [Stalled] = "the training at the worker got no further for {0} seconds",
        [Broken] = "it failed at the worker, whose log says why",
    };

    /// <summary>What a worker may say.</summary>
    public static IReadOnlyCollection<string> Codes => Words.Keys;

    /// <summary>A report in the host's words.</summary>
    /// <param name="report">What a worker says; a code that is not known counts as <see cref="Broken"/>.</param>
    public static string Describe(WorkFailureReport report) => Describe(report, Words);

    /// <summary>A report of a worker without data of its own, in the host's words.</summary>
    /// <param name="report">What it says; a code that such a worker has no reason for counts as <see cref="Broken"/>.</param>
    public static string DescribeOfPool(WorkFailureReport report) => Describe(report, WordsOfPool);

    private static string Describe(WorkFailureReport report, Dictionary<string, string> of)
    {
        var words = of.GetValueOrDefault(report.Code, of[Broken]);
        return words.Contains("{0}", StringComparison.Ordinal)
            ? string.Format(CultureInfo.InvariantCulture, words, report.Number is { } number ? number.ToString(CultureInfo.InvariantCulture) : "unknown")
            : words;
    }
}
