using System.CommandLine;
using System.Text.Json.Nodes;

namespace FlDurable.Bench.Experiments;

/// <summary>What both tables' commands can be asked for.</summary>
internal sealed class ExperimentOptions
{
    private readonly Option<string?> data = new("--data") { Description = "The images, as `run --data` takes them; CIFAR-10 where it is here or can be downloaded, else synthetic ones, by default" };
    private readonly Option<int?> rounds = new("--rounds") { Description = "Rounds: 10, or 50 with --published" };
    private readonly Option<int?> epochs = new("--epochs") { Description = "Local epochs in a round: 1, or 10 with --published" };
    private readonly Option<int[]> seeds = new("--seeds") { Description = "The seeds, each of which is a run of its own", DefaultValueFactory = _ => [1, 2, 3], AllowMultipleArgumentsPerToken = true };
    private readonly Option<bool> published = new("--published")
    {
        Description = "As the published figures were made: 50 rounds of 10 epochs, batches of 64, SGD with rate 0.01, momentum 0.9 and weight decay 1e-5, images padded by 4, cut and flipped",
    };

    private readonly Option<string?> results = new("--results") { Description = "The file that outcomes are appended to and that a run goes on by" };
    private readonly Option<string[]> only = new("--only") { Description = "Only rows or columns in whose names one of these is", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
    private readonly Option<bool> tableOnly = new("--table-only") { Description = "Run nothing: print the table of what there is" };

    /// <summary>For a command.</summary>
    public IEnumerable<Option> All => [data, rounds, epochs, seeds, published, results, only, tableOnly];

    /// <summary>What was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="name">The command's name, after which the file is called that has the outcomes.</param>
    public ExperimentRequest Read(ParseResult parsed, string name)
    {
        var isPublished = parsed.GetValue(published);
        return new ExperimentRequest(
            parsed.GetValue(data),
            parsed.GetValue(rounds) ?? (isPublished ? 50 : 10), parsed.GetValue(epochs) ?? (isPublished ? 10 : 1),
            parsed.GetValue(seeds)!, isPublished, parsed.GetValue(results) ?? $"artifacts/bench-{name}.jsonl", parsed.GetValue(only)!, parsed.GetValue(tableOnly));
    }
}

/// <summary>What is to be run.</summary>
internal sealed record ExperimentRequest(
    string? Data, int Rounds, int Epochs, IReadOnlyList<int> Seeds, bool IsPublished, string Results, IReadOnlyList<string> Only, bool TableOnly)
{
    /// <summary>Ten clients, all of which train in every round.</summary>
    public const int Clients = 10;

    /// <summary>Whether a cell of this row and column is asked for.</summary>
    public bool Wants(string row, string column) => Only.Count == 0 || Only.Any(part => $"{row} | {column}".Contains(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>The spec that all cells have in common.</summary>
    public JsonObject Spec(int seed, JsonNode partitioner)
    {
        var spec = new JsonObject
        {
            ["network"] = "cifar10-cnn",
            ["clients"] = Clients,
            ["rounds"] = Rounds,
            ["epochs"] = Epochs,
            ["batchSize"] = IsPublished ? 64 : 32,
            ["optimizer"] = "sgd",
            ["learningRate"] = IsPublished ? 0.01 : 0.05,
            ["momentum"] = IsPublished ? 0.9 : 0,
            ["validationFraction"] = 0,
            ["fractionEvaluate"] = 0,
            ["retention"] = "last:1",
            ["seed"] = seed,
            ["partitioner"] = partitioner.DeepClone(),
        };
        if (IsPublished)
        {
            spec["weightDecay"] = 1e-5;
            spec["augmentation"] = new JsonObject { ["pad"] = 4, ["flip"] = true };
        }

        return spec;
    }

    /// <summary>A row of the tables: how the images are divided.</summary>
    public static (string Name, JsonNode Partitioner) Iid { get; } = ("IID", "iid");

    /// <summary>Dirichlet with a concentration.</summary>
    public static (string Name, JsonNode Partitioner) Dirichlet(double alpha) =>
        (FormattableString.Invariant($"Dirichlet({alpha})"), new JsonObject { ["name"] = "dirichlet", ["alpha"] = alpha });

    /// <summary>So many classes a client, and each class with somebody.</summary>
    public static (string Name, JsonNode Partitioner) Labels(int count) => (
        $"{count} labels", new JsonObject { ["name"] = "pathological", ["classesPerPartition"] = count, ["classAssignmentMode"] = "first-deterministic" });

    /// <summary>So many classes a client, each class with as many clients as any other: all have equally many images.</summary>
    public static (string Name, JsonNode Partitioner) EvenLabels(int count) => (
        $"{count} labels, equal sizes", new JsonObject { ["name"] = "pathological", ["classesPerPartition"] = count, ["classAssignmentMode"] = "deterministic" });
}
