using System.Globalization;
using System.Text.RegularExpressions;
using FlDurable.Shared.Rounds;

namespace FlDurable.Shared.Storage;

/// <summary>The names of artifacts, the same in every store.</summary>
public static partial class ArtifactNames
{
    /// <summary>The longest id of a federation.</summary>
    public const int MaxIdLength = 40;

    /// <summary>What <see cref="IsId"/> accepts, for messages.</summary>
    public const string IdRule = "1 to 40 of a-z, 0-9 and -, beginning and ending with a letter or digit";

    /// <summary><see cref="IsId"/> as a regular expression of JSON schema, but for the length.</summary>
    public const string IdPattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$";

    /// <summary>Whether a federation's id or a client's name may become part of a name.</summary>
    public static bool IsId(string id) => id.Length <= MaxIdLength && Id().IsMatch(id);

    /// <summary>Whether this is an artifact's name: <c>/</c>-separated parts of a-z, 0-9, <c>.</c>, <c>-</c> and <c>_</c>, none of only dots.</summary>
    public static bool IsName(string name) => name.Length <= 200 && Name().IsMatch(name);

    /// <summary>Everything of a partitioned data set.</summary>
    public static string Dataset(string digest) => $"datasets/{digest}/";

    /// <summary>The partitioned data set's manifest.</summary>
    public static string DatasetManifest(string digest) => $"datasets/{digest}/manifest.json";

    /// <summary>Some of its clients, where they are too many for one artifact.</summary>
    /// <param name="digest">The digest of the data set's recipe.</param>
    /// <param name="first">The index of the first.</param>
    public static string DatasetManifestPart(string digest, int first) => $"datasets/{digest}/manifest/{first:D6}.json";

    /// <summary>A client's examples.</summary>
    public static string ClientData(string digest, string client) => $"datasets/{digest}/clients/{client}.bin";

    /// <summary>The central test set.</summary>
    public static string TestData(string digest) => $"datasets/{digest}/test.bin";

    /// <summary>Everything of a federation but its updates.</summary>
    public static string Federation(string id) => $"federations/{id}/";

    /// <summary>What the federation's data was found to be.</summary>
    public static string FederationDataset(string id) => $"federations/{id}/dataset.json";

    /// <summary>The resolved spec.</summary>
    public static string Spec(string id) => $"federations/{id}/spec.json";

    /// <summary>Whose spec a name is of; null if it is no name of <see cref="Spec"/>.</summary>
    public static string? ParseSpec(string name) =>
        name.Split('/') is ["federations", var id, "spec.json"] && IsId(id) ? id : null;

    /// <summary>The global parameters after a round.</summary>
    public static string GlobalParameters(string id, int round) => $"federations/{id}/rounds/{round:D6}/global.safetensors";

    /// <summary>What the strategy keeps of a round for the next one.</summary>
    public static string StrategyState(string id, int round) => $"federations/{id}/rounds/{round:D6}/strategy.safetensors";

    /// <summary>What the clients have kept so far, after a round: which artifact of which round each client's is.</summary>
    public static string ClientStates(string id, int round) => $"federations/{id}/rounds/{round:D6}/clients.json";

    /// <summary>What a client has kept of a round that its update has entered.</summary>
    public static string ClientState(string id, int round, string client) => $"federations/{id}/rounds/{round:D6}/clients/{client}.safetensors";

    /// <summary>Whether this is the name of a round's global parameters (<see cref="GlobalParameters"/>).</summary>
    public static bool IsGlobalParameters(string name) => ParseGlobalParameters(name) is not null;

    /// <summary>Whose parameters a name is of, and after which round; null if it is no name of <see cref="GlobalParameters"/>.</summary>
    public static (string Id, int Round)? ParseGlobalParameters(string name) =>
        name.Length <= 200 && GlobalParametersName().Match(name) is { Success: true } match
            ? (match.Groups["id"].Value, Number(match, "round"))
            : null;

    /// <summary>Whether an attempt at a round has made this, so that another attempt makes it again: an update, a manifest, a sum.</summary>
    public static bool IsOfAttempt(string name) => name.StartsWith("updates/", StringComparison.Ordinal);

    /// <summary>Who takes part in a round.</summary>
    public static string Selection(string id, int round) => $"federations/{id}/rounds/{round:D6}/selection.json";

    /// <summary>How fast clients were, as a round's selection saw it, where it looks at that.</summary>
    public static string Speeds(string id, int round) => $"federations/{id}/rounds/{round:D6}/speeds.json";

    /// <summary>Who is in a leaf or a larger subtree of a round's selection.</summary>
    public static string SelectionPart(string id, int round, RoundPhase phase, SelectionRange range) =>
        $"{SelectionParts(id, round)}{phase.Name}_{range.First:D6}_{range.Count}.json";

    /// <summary>All of them.</summary>
    public static string SelectionParts(string id, int round) => $"federations/{id}/rounds/{round:D6}/selection/";

    /// <summary>The round's record.</summary>
    public static string Record(string id, int round) => $"federations/{id}/rounds/{round:D6}/record.json";

    /// <summary>Some of its clients, where they are too many for one artifact.</summary>
    /// <param name="id">The federation's id.</param>
    /// <param name="round">The round.</param>
    /// <param name="part">Which part, from 0.</param>
    /// <param name="seal">Its seal: of an attempt at recording that was given up, parts may be left that are others.</param>
    public static string RecordPart(string id, int round, int part, string seal) => $"federations/{id}/rounds/{round:D6}/record/{part:D6}_{seal}.json";

    /// <summary>What a federation with privacy draws its noise from. Nobody who is given anything else of it may be given this.</summary>
    public static string PrivacyKey(string id) => $"federations/{id}/privacy.key";

    /// <summary>Whether a name is one of <see cref="PrivacyKey"/>.</summary>
    public static bool IsPrivacyKey(string name) => name.Split('/') is ["federations", var id, "privacy.key"] && IsId(id);

    /// <summary>The final model.</summary>
    public static string Model(string id) => $"federations/{id}/model.safetensors";

    /// <summary>
    /// How the federation ended. Each retry has a result of its own, so that what comes late of a run that failed tells nothing of the one that
    /// goes on.
    /// </summary>
    public static string Result(string id, int retries = 0) => retries == 0 ? $"federations/{id}/result.json" : $"federations/{id}/result-{retries}.json";

    /// <summary>What a federation had failed of before it was retried for the n-th time.</summary>
    public static string PastFailure(string id, int retry) => $"federations/{id}/failures/{retry:D6}.json";

    /// <summary>Whose the attempts of a retry are: of two that start the federation at once each has numbers of its own.</summary>
    public static string RetryStart(string id, int start) => $"federations/{id}/failures/start-{start:D6}";

    /// <summary>There once the federation is to be terminated; of each retry another, which it does not begin with.</summary>
    public static string Stop(string id, int retries = 0) => retries == 0 ? $"federations/{id}/stop" : $"federations/{id}/stop-{retries}";

    /// <summary>There once the federation was purged: its id is not given out again, since late work of it could still arrive.</summary>
    public static string Purged(string id) => $"purged/{id}";

    /// <summary>All updates of a federation.</summary>
    public static string Updates(string id) => $"updates/{id}/";

    /// <summary>Everything that is deleted once a round is recorded.</summary>
    public static string Updates(string id, int round) => $"{Updates(id)}{round:D6}/";

    /// <summary>
    /// A client's parameters after training. Another attempt at the round has names of its own: it must not find what the one before was
    /// refused for.
    /// </summary>
    public static string Update(string id, int round, int attempt, string client) =>
        $"{Updates(id, round)}{RoundPhase.Fit.Name}_{attempt}_{client}.safetensors";

    /// <summary>What a client keeps if that update enters the round.</summary>
    public static string UpdateState(string id, int round, int attempt, string client) =>
        $"{Updates(id, round)}{RoundPhase.Fit.Name}_{attempt}_state_{client}.safetensors";

    /// <summary>What a hostile client's update becomes before the strategy sees it.</summary>
    public static string AttackedUpdate(string id, int round, int attempt, string client) =>
        $"{Updates(id, round)}{RoundPhase.Fit.Name}_{attempt}_attack_{client}.safetensors";

    /// <summary>What became of a cohort. (A <c>_</c> is in no client's name: this and the others can't be taken for updates.)</summary>
    /// <param name="id">The federation's id.</param>
    /// <param name="round">The round.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="phase">Train or evaluate.</param>
    /// <param name="first">The index of the cohort's first client.</param>
    /// <param name="isAlone">Whether it is one client, tried alone after its cohort had failed.</param>
    public static string Cohort(string id, int round, int attempt, RoundPhase phase, int first, bool isAlone = false) =>
        $"{Updates(id, round)}{phase.Name}_{attempt}_{(isAlone ? "alone" : "cohort")}_{first:D6}.json";

    /// <summary>What became of a leaf or a larger subtree; a leaf's range is at most 64 clients.</summary>
    public static string Subtree(string id, int round, int attempt, RoundPhase phase, SelectionRange range) =>
        $"{Updates(id, round)}{phase.Name}_{attempt}_leaf_{range.First:D6}_{range.Count}.json";

    /// <summary>The weighted sum of a subtree's updates.</summary>
    public static string PartialSum(string id, int round, int attempt, SelectionRange range) =>
        $"{Updates(id, round)}{RoundPhase.Fit.Name}_{attempt}_leaf_{range.First:D6}_{range.Count}.safetensors";

    /// <summary>
    /// What an attempt at a round has come to: the global parameters after it, if they can be evaluated. They get their final name when the
    /// round is recorded.
    /// </summary>
    public static string Candidate(string id, int round, int attempt) => $"{Updates(id, round)}candidate_{attempt}.safetensors";

    /// <summary>Of which round and attempt a candidate is; null if it is no name of <see cref="Candidate"/>.</summary>
    public static (int Round, int Attempt)? ParseCandidate(string name) =>
        name.Length <= 200 && CandidateName().Match(name) is { Success: true } match ? (Number(match, "round"), Number(match, "attempt")) : null;

    /// <summary>What the strategy keeps if the candidate is recorded. It is written before the candidate is.</summary>
    public static string CandidateState(string id, int round, int attempt) => $"{Updates(id, round)}candidate_{attempt}_strategy.safetensors";

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]*[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();

    [GeneratedRegex(
        @"^federations/(?<id>[a-z0-9]([a-z0-9-]*[a-z0-9])?)/rounds/(?<round>[0-9]{6,7})/global\.safetensors\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex GlobalParametersName();

    [GeneratedRegex(
        @"^updates/[a-z0-9]([a-z0-9-]*[a-z0-9])?/(?<round>[0-9]{6,7})/candidate_(?<attempt>[0-9]{1,7})\.safetensors\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex CandidateName();

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
