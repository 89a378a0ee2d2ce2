using System.Buffers;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>The fields of a spec as options of a command.</summary>
internal sealed class SpecOptions
{
    private const string IdField = "id";

    private static readonly string Networks = string.Join(" or ", new NetworkRegistry().Names);

    private readonly IReadOnlyList<SpecOption> options;

    private SpecOptions(IReadOnlyList<SpecOption> options) => this.options = options;

    /// <summary>Every field.</summary>
    public static SpecOptions All() => new([.. Options(new FederationSpec())]);

    /// <summary>Some fields.</summary>
    /// <param name="defaults">What the help names as defaults.</param>
    /// <param name="fields">The fields' JSON names.</param>
    public static SpecOptions Only(FederationSpec defaults, params string[] fields) =>
        new([.. Options(defaults).Where(option => fields.Contains(option.Field))]);

    /// <summary>The options, for a command.</summary>
    public IEnumerable<Option> Symbols => options.Select(option => option.Option);

    /// <summary>Lays the options that were given over a spec.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="specJson">The spec, a JSON object.</param>
    /// <param name="id">The federation's id where that is given otherwise than by its option; else null.</param>
    /// <exception cref="InvalidSpecException">A value is of the wrong type. What else is wrong with the others is told with it.</exception>
    public FederationSpec Over(ParseResult parsed, ReadOnlyMemory<byte> specJson, string? id = null)
    {
        var given = options
            .Select(option => (Option: option, Value: option.Field == IdField ? id ?? parsed.GetValue(option.Option) : parsed.GetValue(option.Option)))
            .Where(field => field.Value is not null)
            .ToDictionary(field => field.Option.Field, StringComparer.Ordinal);
        var merged = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(merged))
        using (var document = SpecDocument.Parse(specJson.Span))
        {
            json.WriteStartObject();
            foreach (var property in document.RootElement.EnumerateObject().Where(property => !given.ContainsKey(property.Name)))
                property.WriteTo(json);
            foreach (var (option, value) in given.Values)
                option.Write(json, value!);
            json.WriteEndObject();
        }

        var errors = new List<SpecError>();
        var spec = FederationSpecReader.Read(merged.WrittenSpan, errors);
        if (errors.Count == 0)
            return spec;
        FederationSpecReader.Check(spec, new NetworkRegistry(), [spec.Engine], errors);
        throw new InvalidSpecException(errors);
    }

    /// <summary>Whether the command line gives a federation's id, and nothing else of a spec.</summary>
    public bool HasOnlyId(ParseResult parsed) =>
        options.All(option => (option.Field == IdField) == (parsed.GetValue(option.Option) is not null));

    /// <summary>Errors of fields that the command line gave as options, by the options' names.</summary>
    public static IEnumerable<SpecError> NamedAsGiven(ParseResult parsed, IEnumerable<SpecError> errors)
    {
        var options = parsed.CommandResult.Children.OfType<OptionResult>();
        var given = options.Select(option => option.Option.Name).ToHashSet(StringComparer.Ordinal);
        return errors.Select(error => given.Contains(SpecOption.NameOf(error.Field)) ? error with { Field = SpecOption.NameOf(error.Field) } : error);
    }

    private static IEnumerable<SpecOption> Options(FederationSpec defaults)
    {
        yield return Text(IdField, "ID", $"The federation's name: {ArtifactNames.IdRule}. Default: made of the time.");
        yield return Text("network", "NAME", $"The network: {Networks}. Default: {defaults.Network}.");
        yield return Text("data", "SOURCE", "cifar10, synthetic, or a folder or archive. Default: CIFAR-10 if it is here or can be downloaded, else synthetic.");
        yield return Text("partitioner", "NAME", $"How clients share the images: {string.Join(" or ", SpecVocabulary.Partitioners)}. Default: {defaults.Partitioner}.");
        yield return Number("clients", "N", $"Clients. Default: {defaults.Clients}.");
        yield return Number("validationFraction", "X", $"The share of its images that a client keeps for evaluation. Default: {defaults.ValidationFraction}.");
        yield return Number("rounds", "N", $"Rounds. Default: {defaults.Rounds}.");
        yield return Number("epochs", "N", $"Epochs of local training. Default: {defaults.Epochs}.");
        yield return Number("batchSize", "N", $"Images a mini-batch. Default: {defaults.BatchSize}.");
        yield return Text("optimizer", "NAME", $"{string.Join(" or ", SpecVocabulary.Optimizers)}. Default: {defaults.Optimizer}.");
        yield return Number("learningRate", "X", $"The optimizer's step size. Default: {defaults.LearningRate}.");
        yield return Number("momentum", "X", $"SGD's momentum. Default: {defaults.Momentum}.");
        yield return Number("weightDecay", "X", $"L2 penalty. Default: {defaults.WeightDecay}.");
        yield return Text("strategy", "NAME", $"How updates are aggregated: {string.Join(" or ", SpecVocabulary.Strategies)}. Default: {defaults.Strategy}.");
        yield return Number("fractionFit", "X", $"The share of clients that train in a round. Default: {defaults.FractionFit}.");
        yield return Number("fractionEvaluate", "X", $"The share of clients that evaluate in a round. Default: {defaults.FractionEvaluate}.");
        yield return Number("minFitClients", "N", $"At least so many train, whatever --fraction-fit says. Default: {defaults.MinFitClients}.");
        yield return Number("minEvaluateClients", "N", $"At least so many evaluate, whatever --fraction-evaluate says. Default: {defaults.MinEvaluateClients}, or all where there are fewer; 1 with --fraction-evaluate.");
        yield return Number("minAvailableClients", "N", $"With fewer clients it does not start. Default: {defaults.MinAvailableClients}, or all where there are fewer.");
        yield return Number("quorum", "N", "A round with fewer updates has failed. Default: half of those that it needs, rounded up.");
        yield return Number("overSelection", "X", $"Clients selected to train, as a multiple of those needed. Default: {defaults.OverSelection}.");
        yield return Number("deadlineSeconds", "X", "Seconds after which a round goes on with a quorum. Default: none; an hour where a client keeps its data elsewhere.");
        yield return Number("maxUpdateNorm", "X", "The largest L2 norm of an update. Default: none.");
        yield return Number("roundAttempts", "N", $"How often a round is tried. Default: {defaults.RoundAttempts}.");
        yield return Number("centralEvaluation", "true|false", "Whether the global parameters are evaluated on the test set. Default: true.");
        yield return Number("cohortSize", "N", $"Clients that one activity handles. Default: {defaults.CohortSize}.");
        yield return Number("seed", "N", $"The seed of everything random. Default: {defaults.Seed}.");
        yield return Text("retention", "RULE", $"Which rounds' parameters are kept: all, last:N or every:N. Default: {defaults.Retention}.");
        yield return Text("engine", "NAME", $"The training engine: lanes, torch (docs/engines.md) or auto, the fastest that knows the network. Default: {defaults.Engine}.");
        yield return Text("initial", "FILE.safetensors", "The initial parameters. Default: drawn from the seed.");
    }

    private static SpecOption Text(string field, string placeholder, string description) => new(field, placeholder, description, isText: true);

    private static SpecOption Number(string field, string placeholder, string description) => new(field, placeholder, description, isText: false);
}
