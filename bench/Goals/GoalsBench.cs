using System.CommandLine;
using FlDurable.Bench.Federations;
using FlDurable.Bench.Training;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;

namespace FlDurable.Bench.Goals;

/// <summary><c>goals</c>: what people feel of the speed, each figure beside what it is to be. What is to be compared is the ratio, on a machine without other work.</summary>
internal static class GoalsBench
{
    private const int FewRounds = 100;
    private const int ManyClients = 100_000;
    private const int MostClients = 1_000_000;
    private const int Runs = 3;

    private static readonly string[] Data = ["--data", "synthetic:train=50000,test=10000", "--rounds", "5"];

    public static Command Command()
    {
        var program = new Option<string?>("--program") { Description = "A published fldurable (docs/lanes.md), for what is measured from the command to its end" };
        var large = new Option<bool>("--large") { Description = $"Also rounds of {ManyClients:N0} and of {MostClients:N0} clients, which take a quarter of an hour and more than two million files on the disk" };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of a table" };
        var command = new Command("goals", "Every figure of speed beside its goal; takes some minutes") { program, large, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            List<Goal> goals =
            [
                .. await OfProgramAsync(parsed.GetValue(program), cancellationToken),
                .. await OfSmallRoundsAsync(cancellationToken),
                .. await OfManyClientsAsync(parsed.GetValue(large), cancellationToken),
                .. OfEngines(),
            ];
            Console.WriteLine(parsed.GetValue(json) ? ContractJson.Serialize(goals) : Goal.ToTable(goals));
        });
        return command;
    }

    private static async Task<IReadOnlyList<Goal>> OfProgramAsync(string? program, CancellationToken cancellationToken)
    {
        double? rest = null, small = null;
        if (program is not null)
        {
            // Deleted after all runs: some file systems take much longer for a new file while others were deleted a moment ago.
            var folder = Directory.CreateTempSubdirectory("fldurable-bench-");
            try
            {
                rest = await MedianAsync(async () => (await MeasuredRun.OfAsync(program, Data, folder.FullName, cancellationToken)).Rest);
                small = await MedianAsync(
                    async () => (await MeasuredRun.OfAsync(program, [.. Data, "--clients", "1000", "--fraction-fit", "0.1"], folder.FullName, cancellationToken)).All);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }

        return
        [
            new("10 clients, 60,000 images never seen, 5 rounds: neither training nor evaluation", "s", rest, 0.6),
            new("1,000 clients of 50 images, 100 a round, 5 rounds, from the command to its end", "s", small, 2.5),
        ];
    }

    private static async Task<IReadOnlyList<Goal>> OfSmallRoundsAsync(CancellationToken cancellationToken)
    {
        using var federation = new FederationMeasurement(clients: 10, FewRounds, FederationSpec.AutoCohortSize);
        var rounds = (await federation.RunAsync(cancellationToken)).Rounds.Select(round => round.Milliseconds / 1_000).Order().ToList();
        var engine = await EngineBenchmark.MeasureAsync(cancellationToken);
        return
        [
            new("a round of ten clients of one image, on files", "s", rounds[rounds.Count / 2], 0.05),
            new("an activity that does nothing, one after another, embedded engine", "ms", engine.SequentialMicroseconds / 1_000, 0.3),
        ];
    }

    private static async Task<IReadOnlyList<Goal>> OfManyClientsAsync(bool isAsked, CancellationToken cancellationToken)
    {
        var many = isAsked ? await FederationBench.RunApartAsync(ManyClients, cancellationToken) : null;
        var most = isAsked ? await FederationBench.RunApartAsync(MostClients, cancellationToken) : null;
        return
        [
            new($"a round of {ManyClients:N0} clients of one image", "s", many?.RoundsSeconds, 40),
            new($"a round of {MostClients:N0} clients of one image", "s", most?.RoundsSeconds, 480),
            new("the same, with the division of the data: the most memory that the process had", "MB", most?.PeakMegabytes, 500),
        ];
    }

    private static IEnumerable<Goal> OfEngines()
    {
        var small = TrainingBench.Measure("cifar10-cnn");
        var large = TrainingBench.Measure("fedavg-cnn");
        var lanes = small.Engines["lanes"];
        yield return new("Lanes, cifar10-cnn, one thread: of the multiply-add peak, with what it leaves out (80 on AMD)", "%", 100 * lanes.Threads1.ShareOfPeak, 70, IsLeast: true);
        yield return new("Lanes by Torch, cifar10-cnn, one thread", "times", small.Ratio?.Threads1, 5, IsLeast: true);
        yield return new("Lanes by Torch, cifar10-cnn, inference", "times", small.Ratio?.Inference, 6, IsLeast: true);
        yield return new("Lanes by Torch, fedavg-cnn, one thread", "times", large.Ratio?.Threads1, 1.5, IsLeast: true);
    }

    private static async Task<double> MedianAsync(Func<Task<double>> measure)
    {
        var values = new List<double>();
        for (var run = 0; run < Runs; run++)
            values.Add(await measure());
        return values.Order().ElementAt(Runs / 2);
    }
}
