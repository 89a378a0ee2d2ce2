using System.Text.Json.Serialization;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Specs;

/// <summary>
/// What a federation is asked to do. Every field has a default: the values of Flower's tutorial "An Introduction to Federated
/// Learning". The fields' names are the same in JSON (camelCase) and on the command line (kebab-case).
/// </summary>
/// <remarks><see cref="SpecReader"/> reads and checks it; what else is known of a field is in <see cref="SpecTable"/>.</remarks>
public sealed record FederationSpec
{
    /// <summary>The default of <see cref="DeadlineSeconds"/> with clients that are not this host's own: an hour.</summary>
    public const double DeadlineSecondsElsewhere = 3600;

    /// <summary>The <see cref="Selection"/> where none is given: each client is as likely as any other.</summary>
    public const string UsualSelection = "uniform";

    /// <summary>The <see cref="Attack"/> of a federation without hostile clients.</summary>
    public const string NoAttack = "none";

    /// <summary>The <see cref="CohortSize"/> that leaves it to each round: <c>auto</c>.</summary>
    public const int AutoCohortSize = 0;

    /// <summary>The federation's id, and its orchestration's instance id: see <see cref="Storage.ArtifactNames.IsId"/>. Generated when null.</summary>
    public string? Id { get; init; }

    /// <summary>The network: one that the host has registered, or one given by its layers.</summary>
    public NetworkChoice Network { get; init; } = "cifar10-cnn";

    /// <summary>The data: <c>cifar10</c>, <c>synthetic</c>, or a path. Null takes what the machine has (docs/data.md).</summary>
    public string? Data { get; init; }

    /// <summary>The size that every image gets, <c>WxH</c>; null to leave them as they are.</summary>
    public string? Resize { get; init; }

    /// <summary>The share of each class's images that becomes the test set where image files are not divided, above 0 to below 1; null where they are.</summary>
    public double? TestFraction { get; init; }

    /// <summary>Which symbolic links in a folder are followed: <c>within</c> for those that lead to what is in it; null where they are refused.</summary>
    public string? Links { get; init; }

    /// <summary>The column of a Parquet file that has the images; null for the usual one.</summary>
    public string? ImageColumn { get; init; }

    /// <summary>The column of a Parquet file or a table that has the labels; null for the usual one.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>The columns of a table that are learnt from, with a comma between; null for all but the labels'.</summary>
    public string? Columns { get; init; }

    /// <summary>What stands for a number that is missing in a table: <c>mean</c> for the mean of its column; null where it is refused.</summary>
    public string? Missing { get; init; }

    /// <summary>How the training images are divided among the clients.</summary>
    public SpecChoice Partitioner { get; init; } = "iid";

    /// <summary>The number of clients, 1 to 1,000,000. Default: 10, or as many as there are sites.</summary>
    public int Clients
    {
        get => clients ?? (Sites() is { Count: > 0 } sites ? sites.Count : 10);
        init => clients = value;
    }

    /// <summary>The share of each client's images kept for its own evaluation, 0 (none) to below 1.</summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>The number of rounds, 1 to 1,000,000.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Local epochs a client trains in a round, 1 to 1,000; whole numbers, as those of <see cref="BatchSize"/>.</summary>
    public Schedule Epochs { get; init; } = 1;

    /// <summary>Images per mini-batch, 1 to 4,096.</summary>
    public Schedule BatchSize { get; init; } = 32;

    /// <summary><c>adam</c> or <c>sgd</c>, with PyTorch's defaults; its state is fresh at each round.</summary>
    public string Optimizer { get; init; } = "adam";

    /// <summary>The optimizer's step size, above 0 to 100.</summary>
    public Schedule LearningRate { get; init; } = 0.001;

    /// <summary>SGD's momentum, 0 to below 1; Adam has none.</summary>
    public Schedule Momentum { get; init; } = 0;

    /// <summary>L2 penalty added to the gradient, 0 to 1.</summary>
    public Schedule WeightDecay { get; init; } = 0;

    /// <summary>How clients change their images in training; null for not at all.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>What becomes of pixels before the network takes them; null for <see cref="PixelNormalization.Usual"/>.</summary>
    public PixelNormalization? Normalization { get; init; }

    /// <summary>The aggregation strategy.</summary>
    public SpecChoice Strategy { get; init; } = "fedavg";

    /// <summary>The share of clients that train in a round, above 0 to 1.</summary>
    public double FractionFit { get; init; } = 1.0;

    /// <summary>The share of clients that evaluate the new global parameters on their own data, 0 (none) to 1. Default: 0.5.</summary>
    public double FractionEvaluate
    {
        get => fractionEvaluate ?? 0.5;
        init => fractionEvaluate = value;
    }

    /// <summary>At least so many clients train, whatever the fraction says.</summary>
    public int MinFitClients { get; init; } = 1;

    /// <summary>
    /// At least so many clients evaluate, unless the fraction is 0. Default: 1 where the fraction is given, which a default does not
    /// overrule; otherwise 5, or all where there are fewer.
    /// </summary>
    public int MinEvaluateClients
    {
        get => minEvaluateClients ?? (fractionEvaluate is null ? Math.Min(5, Clients) : 1);
        init => minEvaluateClients = value;
    }

    /// <summary>With fewer clients the federation does not start. Default: 10, or all where there are fewer.</summary>
    public int MinAvailableClients
    {
        get => minAvailableClients ?? Math.Min(10, Clients);
        init => minAvailableClients = value;
    }

    /// <summary>How those are chosen that train in a round.</summary>
    public SpecChoice Selection { get; init; } = UsualSelection;

    /// <summary>A round with fewer updates has failed. Default: half of those that it needs, rounded up.</summary>
    public int Quorum
    {
        get => quorum ?? UsualQuorum();
        init => quorum = value;
    }

    /// <summary>
    /// Clients selected to train, as a multiple of those needed, 1 to 10: with 1.3 a round that needs 10 updates selects 13 clients and
    /// takes the first 10 updates that arrive. Above 1 a cohort is one client.
    /// </summary>
    public double OverSelection { get; init; } = 1.0;

    /// <summary>
    /// Seconds after which a round goes on with the updates that have arrived, if they are a quorum, and then as many seconds for the
    /// evaluations; above 0 to 2,592,000 (30 days). Default: <see cref="DeadlineSecondsElsewhere"/> where a client keeps its data
    /// elsewhere; otherwise none, and a round waits for all.
    /// </summary>
    public double? DeadlineSeconds { get; init; }

    /// <summary>
    /// The largest distance (L2 norm) between an update and the parameters that it started from, above 0; one that is farther is its
    /// client's failure. Null sets no limit.
    /// </summary>
    public double? MaxUpdateNorm { get; init; }

    /// <summary>How clients' privacy is kept; null for not at all.</summary>
    public PrivacyOptions? Privacy { get; init; }

    /// <summary>What hostile clients do, for experiments with simulated clients.</summary>
    public SpecChoice Attack { get; init; } = NoAttack;

    /// <summary>Which simulated clients can be reached in which round (<see cref="Specs.Availability"/>); null for all in all.</summary>
    public string? Availability { get; init; }

    /// <summary>How often a round is tried before the federation fails, 1 to 10.</summary>
    public int RoundAttempts { get; init; } = 2;

    /// <summary>
    /// Whether the global parameters are evaluated on the central test set after every round. Default: true, but where the data is at sites, of
    /// which the host has no image.
    /// </summary>
    public bool CentralEvaluation
    {
        get => centralEvaluation ?? Sites().Count == 0;
        init => centralEvaluation = value;
    }

    /// <summary>What is measured of the global parameters on the central test set besides loss and accuracy: names of <see cref="MeasuredMetric.OnRequest"/>; null for nothing.</summary>
    public string? Metrics { get; init; }

    /// <summary>The measure by which the best round's model is kept whatever <see cref="Retention"/> says; null to keep none for that.</summary>
    public string? KeepBest { get; init; }

    /// <summary>When the federation ends before its last round; null for never.</summary>
    public StopRule? StopWhen { get; init; }

    /// <summary>
    /// Clients that one activity handles, 1 to 64; <see cref="AutoCohortSize"/> leaves it to each round. It changes how work is spread, never a bit of
    /// the result.
    /// </summary>
    [JsonConverter(typeof(CohortSizeJson))]
    public int CohortSize { get; init; } = AutoCohortSize;

    /// <summary>Where clients' work is done; null for where their data is.</summary>
    public PlacementOptions? Placement { get; init; }

    /// <summary>The seed of everything random, 0 to 2^53 − 1.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>
    /// Which rounds' global parameters are kept: <c>all</c>, <c>last:N</c> or <c>every:N</c> (those of rounds 0, N, 2N, … and the last).
    /// </summary>
    public string Retention { get; init; } = "all";

    /// <summary>The training engine; <c>auto</c> takes the fastest that knows the network.</summary>
    public string Engine { get; init; } = "auto";

    /// <summary>
    /// The initial parameters: a file of safetensors or of <c>torch.save</c>, or for a branch the artifact of the round that it starts from
    /// (<see cref="Storage.ArtifactNames.GlobalParameters"/>); null draws them from the seed.
    /// </summary>
    public string? Initial { get; init; }

    /// <summary>Who is told, by a signed request, that the federation is over: an https URL; null for nobody.</summary>
    public string? Notify { get; init; }

    /// <summary>The names in <see cref="Metrics"/>.</summary>
    public IReadOnlyList<string> MetricNames() => Metrics?.Split(',') ?? [];

    /// <summary>Whether some clients are hostile.</summary>
    public bool IsAttacked() => Attack.Name != NoAttack;

    /// <summary>The sites that have the data, in the order of their clients; empty where the host has it.</summary>
    public IReadOnlyList<string> Sites() => SiteData.NamesIn(Data);

    /// <summary>How the work of clients is placed with others; null where the host does all work.</summary>
    public PlacementOptions? PlacementElsewhere() => Sites().Count > 0
        ? Placement ?? new PlacementOptions(PlacementOptions.Site)
        : Placement is { IsInPool: true } pool ? pool : null;

    /// <summary>The largest <see cref="BatchSize"/> of all rounds.</summary>
    public int LargestBatch() => (int)(BatchSize.IsConstant ? BatchSize.First : Enumerable.Range(1, Math.Max(Rounds, 1)).Max(BatchSize.In));

    /// <summary>The spec as it is in a round, from 1: every schedule is a number.</summary>
    public FederationSpec InRound(int round)
    {
        var plan = TrainingPlan.Of(this, round);
        return this with
        {
            Epochs = plan.Epochs,
            BatchSize = plan.BatchSize,
            LearningRate = plan.LearningRate,
            Momentum = plan.Momentum,
            WeightDecay = plan.WeightDecay,
        };
    }

    /// <summary>
    /// How many updates a round needs: max(⌊fractionFit · clients⌋, minFitClients) of the clients that there are, as Flower's FedAvg has it.
    /// </summary>
    public int NeededUpdates(int clients) => Needed(clients, FractionFit, MinFitClients);

    /// <summary>The quorum where none is given.</summary>
    public int UsualQuorum() => NeededUpdates(Clients) - (NeededUpdates(Clients) / 2);

    /// <summary>How many clients evaluate of those that can, likewise.</summary>
    public int NeededEvaluations(int clients) => FractionEvaluate == 0 ? 0 : Needed(clients, FractionEvaluate, MinEvaluateClients);

    /// <summary>
    /// The clients that a round is expected to draw, where the server adds noise: each is drawn by itself, with the chance <see cref="FractionFit"/>.
    /// </summary>
    public double ExpectedCohort() => FractionFit * Clients;

    /// <summary>How many clients a round selects for the updates that it needs.</summary>
    public int SelectedFor(int neededUpdates) => (int)Math.Ceiling(neededUpdates * (decimal)OverSelection);

    private static int Needed(int clients, double fraction, int minimum) => Math.Min(Math.Max((int)(clients * fraction), minimum), clients);

    // Null until set: the property then follows others.
    private readonly int? clients;
    private readonly bool? centralEvaluation;
    private readonly double? fractionEvaluate;
    private readonly int? minEvaluateClients;
    private readonly int? minAvailableClients;
    private readonly int? quorum;
}
