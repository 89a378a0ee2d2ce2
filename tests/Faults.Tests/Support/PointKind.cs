using System.Text.RegularExpressions;
using FlDurable.CrashingHost.Points;

namespace FlDurable.Faults.Tests.Support;

/// <summary>What points have in common: which artifact it is, and not whose or of which round.</summary>
internal static partial class PointKind
{
    private const string Folder = "folder";

    private static readonly (string Kind, Regex Name)[] Kinds =
    [
        ("client data", ClientData()), ("test data", TestData()), ("dataset manifest", DatasetManifest()), ("spec", Spec()), ("dataset", Dataset()),
        ("global parameters", Global()), ("selection", Selection()), ("update", Update()), ("fit cohort", FitCohort()),
        ("candidate", Candidate()), ("partial sum", PartialSum()), ("fit leaf", FitLeaf()), ("evaluate cohort", EvaluateCohort()), ("evaluate leaf", EvaluateLeaf()),
        ("record", Record()), ("model", Model()), ("result", Result()),
    ];

    /// <summary>The kinds of artifacts that every federation writes.</summary>
    public static IEnumerable<string> Artifacts => Kinds.Select(kind => kind.Kind);

    /// <exception cref="InvalidOperationException">The point is about an artifact of no known kind.</exception>
    public static string Of(ProgramPoint point)
    {
        if (!point.Name.StartsWith("store/", StringComparison.Ordinal))
            return $"{point.Name} {ActivityAfter().Match(point.Subject).Value}";
        if (!Path.HasExtension(point.Subject))
            return $"{point.Name} {Folder}";
        var kind = Kinds.FirstOrDefault(kind => kind.Name.IsMatch(point.Subject)).Kind;
        return $"{point.Name} {kind ?? throw new InvalidOperationException($"'{point.Subject}' is an artifact of no known kind")}";
    }

    [GeneratedRegex("^after [A-Za-z]+")]
    private static partial Regex ActivityAfter();

    [GeneratedRegex(@"^datasets/\w+/clients/client-\d+\.bin$")]
    private static partial Regex ClientData();

    [GeneratedRegex(@"^datasets/\w+/test\.bin$")]
    private static partial Regex TestData();

    [GeneratedRegex(@"^datasets/\w+/manifest\.json$")]
    private static partial Regex DatasetManifest();

    [GeneratedRegex(@"^federations/fed/spec\.json$")]
    private static partial Regex Spec();

    [GeneratedRegex(@"^federations/fed/dataset\.json$")]
    private static partial Regex Dataset();

    [GeneratedRegex(@"^federations/fed/rounds/\d{6}/global\.safetensors$")]
    private static partial Regex Global();

    [GeneratedRegex(@"^federations/fed/rounds/\d{6}/selection\.json$")]
    private static partial Regex Selection();

    [GeneratedRegex(@"^updates/fed/\d{6}/fit_1_client-\d+\.safetensors$")]
    private static partial Regex Update();

    [GeneratedRegex(@"^updates/fed/\d{6}/fit_1_cohort_\d+\.json$")]
    private static partial Regex FitCohort();

    [GeneratedRegex(@"^updates/fed/\d{6}/candidate_1\.safetensors$")]
    private static partial Regex Candidate();

    [GeneratedRegex(@"^updates/fed/\d{6}/fit_1_leaf_\w+\.safetensors$")]
    private static partial Regex PartialSum();

    [GeneratedRegex(@"^updates/fed/\d{6}/fit_1_leaf_\w+\.json$")]
    private static partial Regex FitLeaf();

    [GeneratedRegex(@"^updates/fed/\d{6}/evaluate_1_cohort_\d+\.json$")]
    private static partial Regex EvaluateCohort();

    [GeneratedRegex(@"^updates/fed/\d{6}/evaluate_1_leaf_\w+\.json$")]
    private static partial Regex EvaluateLeaf();

    [GeneratedRegex(@"^federations/fed/rounds/\d{6}/record\.json$")]
    private static partial Regex Record();

    [GeneratedRegex(@"^federations/fed/model\.safetensors$")]
    private static partial Regex Model();

    [GeneratedRegex(@"^federations/fed/result\.json$")]
    private static partial Regex Result();
}
