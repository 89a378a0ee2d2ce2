using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Selecting;
using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Attacks;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Support;

/// <summary>A federation's artifacts in a temporary folder, with a network of two parameters and clients without images.</summary>
internal sealed class TemporaryFederation : IDisposable
{
    /// <summary>How many examples each client has to train on.</summary>
    public const int TrainExamples = 1000;

    private readonly string root = Directory.CreateTempSubdirectory("fldurable-federation-").FullName;

    private TemporaryFederation(FederationSpec spec, IReadOnlyList<Layer>? layers)
    {
        Spec = spec with { Id = "fed", Network = "tiny" };
        Networks = new(new Network("tiny", new ImageShape(1, 1, 1), layers ?? [new Linear("fc", 1, 1)]));
        Store = new FileArtifactStore(root);
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public FederationSpec Spec { get; }

    public FileArtifactStore Store { get; }

    public NetworkRegistry Networks { get; }

    public StrategyRegistry Strategies { get; } = new(StrategyExtensions.All);

    public SpecPackages Packages { get; } = new([]);

    public Network Network => Networks.Get("tiny").Usual;

    public ArtifactReference SpecReference { get; private set; } = null!;

    public ArtifactReference DatasetReference { get; private set; } = null!;

    public static async Task<TemporaryFederation> CreateAsync(
        FederationSpec? spec = null, int validationExamples = 1, string? account = null, IReadOnlyList<Layer>? layers = null,
        IReadOnlyList<PackageVersion>? packages = null)
    {
        var federation = new TemporaryFederation(spec ?? new FederationSpec(), layers);
        var resolved = new ResolvedSpec(
            ResolvedSpec.CurrentVersion, "fed", "none", new DatasetReference("synthetic", "source", "digest"), Initial: null, federation.Spec)
        {
            Packages = packages,
        };
        federation.SpecReference = await federation.Store.PutJsonAsync(ArtifactNames.Spec("fed"), resolved, Cancel);
        var nothing = new ArtifactReference("datasets/digest/nothing.bin", 0, "");
        var last = federation.Spec.Clients - 1;
        var manifest = new DatasetManifest(
            DatasetRecipe.Of(federation.Spec, "source"), "synthetic", new ImageShape(1, 1, 1), ["one"],
            [.. Enumerable.Range(0, federation.Spec.Clients).Select(index => new ClientPartition(index, $"client-{index}", index == last ? nothing with { Account = account } : nothing, TrainExamples, validationExamples))],
            nothing, TestExamples: 1);
        federation.DatasetReference = await federation.Store.PutJsonAsync(ArtifactNames.DatasetManifest("digest"), manifest, Cancel);
        return federation;
    }

    public Task<ArtifactReference> PutRecordAsync(int round, string parametersSha256) => Store.PutJsonAsync(
        ArtifactNames.Record("fed", round),
        new RoundRecord
        {
            Round = round,
            Seconds = 1,
            ParametersSha256 = parametersSha256,
            Engine = "none",
            DatasetDigest = "digest",
            Participants = [],
            Failures = [],
        },
        Cancel);

    public Task<SelectClientsResult> SelectAsync(int round = 1) =>
        new SelectClients(Store, new RecentManifest(Store), Networks, Strategies, new SelectionRegistry(), Packages).RunAsync(new SelectClientsInput(SpecReference, DatasetReference, round), Cancel);

    /// <summary>Writes the selection that outcomes are of: the clients in the order of their names.</summary>
    public async Task PutSelectionAsync(int round, ArtifactReference? fit, ArtifactReference? evaluate)
    {
        var (trained, evaluated) = (await NamesAsync(fit), await NamesAsync(evaluate));
        var places = trained.Union(evaluated).OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal).Index().ToDictionary(name => name.Item, name => name.Index);
        await Store.PutSelectionAsync("fed", round, Clients(trained), Clients(evaluated), plan: null, cohortSizes: null, Cancel);

        List<ClientPartition> Clients(IReadOnlyList<string> names) =>
            [.. names.Select(name => new ClientPartition(places[name], name, new ArtifactReference(name, 0, ""), 1, 1))];

        async Task<IReadOnlyList<string>> NamesAsync(ArtifactReference? manifest) =>
            manifest is null ? [] : await Store.ReadOutcomesAsync(manifest, Cancel).Select(outcome => outcome.Client).ToListAsync(Cancel);
    }

    public Task<ArtifactReference> PutUpdateAsync(string client, params float[] values) =>
        PutUpdateAsync(client, Safetensors.Write(new ModelParameters(Network.Layout, values)));

    public Task<ArtifactReference> PutUpdateAsync(string client, byte[] content, int attempt = 1) =>
        Store.PutAsync(ArtifactNames.Update("fed", 1, attempt, client), content, Cancel);

    public Task<ArtifactReference> PutCohortAsync(int first, params ClientOutcome[] clients) =>
        Store.PutJsonAsync(ArtifactNames.Cohort("fed", 1, 1, RoundPhase.Fit, first), new PartOutcomes(clients), Cancel);

    public async Task<PartResult> AggregateLeafAsync(
        ArtifactReference selection, SelectionRange range, int cohortSize, IReadOnlyList<CohortEnd> cohorts, RoundPhase? phase = null,
        int attempt = 1, double? normLimit = null, IArtifactStore? through = null) =>
        await new AggregateLeaf(through ?? Store, Networks, Strategies, new AttackRegistry(), Packages).RunAsync(
            new AggregateLeafInput(
                SpecReference, 1, attempt, phase ?? RoundPhase.Fit, cohortSize, selection, await InitializeAsync(), range, cohorts, normLimit),
            Cancel);

    public Task<AggregateUpdatesResult> AggregateUpdatesAsync(
        ArtifactReference global, ArtifactReference updates, int attempt = 1, ArtifactReference? state = null) =>
        new AggregateUpdates(Store, Networks, Strategies, Packages).RunAsync(
            new AggregateUpdatesInput(SpecReference, 1, attempt, global, updates, state), Cancel);

    public Task<ArtifactReference> InitializeAsync() =>
        new InitializeModel(Store, Networks, Packages).RunAsync(new FederationInput(SpecReference), Cancel);

    public void Dispose() => Directory.Delete(root, recursive: true);
}
