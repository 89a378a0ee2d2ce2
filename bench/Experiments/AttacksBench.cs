using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace FlDurable.Bench.Experiments;

/// <summary><c>attacks</c>: what strategies reach while some of ten clients are hostile, and how often a backdoor opens.</summary>
internal static class AttacksBench
{
    private const int MostHostile = 3;

    private static readonly (string Name, JsonNode Strategy)[] Columns =
    [
        ("FedAvg", "fedavg"),
        ("median", "fedmedian"),
        ("trimmed 0.3", new JsonObject { ["name"] = "fedtrimmedavg", ["beta"] = 0.3 }),
        ("MultiKrum", new JsonObject { ["name"] = "multikrum", ["f"] = MostHostile }),
        ("geometric median", "geometricmedian"),
    ];

    private static readonly (string Name, JsonNode Partitioner)[] Divisions =
        [ExperimentRequest.Iid, ExperimentRequest.Dirichlet(0.5), ExperimentRequest.Dirichlet(0.1)];

    private static readonly (string Name, JsonObject Attack)[] Attacks =
    [
        ("sign flip ×10", new JsonObject { ["name"] = "signflip", ["factor"] = 10 }),
        ("Gaussian", new JsonObject { ["name"] = "gaussian" }),
        ("label flip", new JsonObject { ["name"] = "labelflip" }),
        ("backdoor ×3", new JsonObject { ["name"] = "backdoor", ["factor"] = 3 }),
    ];

    // Most hostile last: two are what is worked independently, so they come first where a run may be stopped.
    private static readonly int[] Hostile = [2, 3, 1];

    public static Command Command()
    {
        var options = new ExperimentOptions();
        var command = new Command("attacks", "What strategies reach on CIFAR-10 while some of ten clients are hostile");
        foreach (var option in options.All)
            command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = options.Read(parsed, "attacks");
            var experiments = Experiments(request);
            var outcomes = await new ExperimentRun(request, experiments).RunAsync(cancellationToken);
            var inOrder = experiments.OrderBy(experiment => Place(experiment.Row)).ToList();
            var seeds = string.Join(", ", request.Seeds);
            Console.WriteLine($"Central accuracy after round {request.Rounds} in %, seeds {seeds}: the mean (least–most)");
            Console.WriteLine();
            Console.WriteLine(ExperimentTable.Write(inOrder, outcomes, outcome => outcome.Accuracies[^1]));
            Console.WriteLine();
            Console.WriteLine($"Test images of other classes that the backdoor's trigger has taken for its own, in %, after round {request.Rounds}");
            Console.WriteLine();
            Console.WriteLine(ExperimentTable.Write(
                [.. inOrder.Where(experiment => experiment.Row.Contains("backdoor", StringComparison.Ordinal))], outcomes, outcome => outcome.BackdoorSuccess));
        });
        return command;
    }

    /// <summary>All cells, the first seed's first, and of each division those without hostile clients, with which the others are compared.</summary>
    internal static IReadOnlyList<Experiment> Experiments(ExperimentRequest request) =>
    [
        .. from seed in request.Seeds
           from division in Divisions
           from row in Rows
           from column in Columns
           let name = $"{division.Name}, {row.Name}"
           where request.Wants(name, column.Name)
           select new Experiment(name, column.Name, seed, With(request.Spec(seed, division.Partitioner), column.Strategy, row.Attack)),
    ];

    private static IEnumerable<(string Name, JsonObject? Attack)> Rows
    {
        get
        {
            yield return ("nobody hostile", null);
            foreach (var hostile in Hostile)
            {
                foreach (var (name, attack) in Attacks)
                {
                    var among = (JsonObject)attack.DeepClone();
                    among["clients"] = hostile;
                    yield return (string.Create(CultureInfo.InvariantCulture, $"{name}, {hostile} of {ExperimentRequest.Clients}"), among);
                }
            }
        }
    }

    /// <summary>Where a row stands in the table: by division, attack and number.</summary>
    private static (int Division, int Attack, string Row) Place(string row) => (
        Array.FindIndex(Divisions, division => row.StartsWith(division.Name, StringComparison.Ordinal)),
        Array.FindIndex(Attacks, attack => row.Contains(attack.Name, StringComparison.Ordinal)), row);

    private static JsonObject With(JsonObject spec, JsonNode strategy, JsonObject? attack)
    {
        spec["strategy"] = strategy.DeepClone();
        if (attack is not null)
            spec["attack"] = attack.DeepClone();
        return spec;
    }
}
