using System.CommandLine;
using System.Text.Json.Nodes;

namespace FlDurable.Bench.Experiments;

/// <summary><c>strategies</c>: what each strategy reaches, by how the images are divided.</summary>
internal static class StrategiesBench
{
    private static (string Name, JsonNode Strategy)[] Columns(bool isPublished) =>
    [
        ("FedAvg", "fedavg"),
        ("FedAvgM", "fedavgm"),
        ("FedAdam", new JsonObject { ["name"] = "fedadam", ["serverLearningRate"] = 0.01 }),
        ("FedProx", new JsonObject { ["name"] = "fedprox", ["mu"] = isPublished ? 0.01 : 0.1 }),
        ("SCAFFOLD", "scaffold"),
        ("FedNova", "fednova"),
        ("MultiKrum", new JsonObject { ["name"] = "multikrum", ["f"] = 2 }),
    ];

    private static readonly (string Name, JsonNode Partitioner)[] Rows = [ExperimentRequest.Iid, ExperimentRequest.Dirichlet(0.5), ExperimentRequest.Labels(2), ExperimentRequest.EvenLabels(2)];

    public static Command Command()
    {
        var options = new ExperimentOptions();
        var command = new Command("strategies", "What each strategy reaches on CIFAR-10, by how the images are divided");
        foreach (var option in options.All)
            command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = options.Read(parsed, "strategies");
            var experiments = Experiments(request);
            var outcomes = await new ExperimentRun(request, experiments).RunAsync(cancellationToken);
            Console.WriteLine(FormattableString.Invariant(
                $"Central accuracy after round {request.Rounds} in %, seeds {string.Join(", ", request.Seeds)}: the mean (least–most)"));
            Console.WriteLine();
            Console.WriteLine(ExperimentTable.Write(experiments, outcomes, outcome => outcome.Accuracies[^1]));
        });
        return command;
    }

    /// <summary>All cells, the first seed's first.</summary>
    internal static IReadOnlyList<Experiment> Experiments(ExperimentRequest request) =>
    [
        .. from seed in request.Seeds
           from row in Rows
           from column in Columns(request.IsPublished)
           where request.Wants(row.Name, column.Name)
           let spec = request.Spec(seed, row.Partitioner)
           select new Experiment(row.Name, column.Name, seed, With(spec, column.Strategy)),
    ];

    private static JsonObject With(JsonObject spec, JsonNode strategy)
    {
        spec["strategy"] = strategy.DeepClone();
        return spec;
    }
}
