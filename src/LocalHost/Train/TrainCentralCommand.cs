using System.CommandLine;
using System.Text.Json;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Data;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Train;

/// <summary><c>train-central</c>: what one client can learn alone, or one machine that has everyone's data.</summary>
internal static class TrainCentralCommand
{
    private const int MostRounds = 1_000_000;

    public static Command Create(Terminal terminal, HostParts parts)
    {
        var partition = new Option<string>("--partition")
        {
            HelpName = "K|all",
            Required = true,
            Description = "Whose training images: client K's of the federation, or all clients' together.",
        };
        var json = new Option<bool>("--json") { Description = "Write the result to stdout as JSON, and everything else to stderr." };
        var fields = new SpecOptions(parts.SpecTable.Only([
            "network", .. DatasetRequest.Fields, "partitioner", "clients", "validationFraction", "epochs", "batchSize", "optimizer", "learningRate", "momentum", "augmentation",
            "normalization", "weightDecay", "seed", "engine",
        ]).Select(OneNumber));
        var command = new Command("train-central", "Train without a federation: validation by epoch, then the test set.") { partition, json };
        foreach (var option in fields.Symbols)
            command.Add(option);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            terminal, parts, parsed.StateFolder(), Read(new SpecReader(parts.SpecTable), fields.Of(parsed).Over(Defaults)), parsed.GetRequiredValue(partition),
            parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static IReadOnlyList<FieldValue> Defaults => FieldValue.AllIn(JsonElement.Parse("""{"epochs":5}"""u8));

    /// <summary>An epoch stands for a round: a schedule must have a number for each.</summary>
    private static FederationSpec Read(SpecReader reader, IReadOnlyList<FieldValue> given)
    {
        var epochs = FieldValue.Find(given, "epochs");
        return reader.Read(epochs is { ValueKind: JsonValueKind.Number } && WholeNumber.TryRead(epochs.Value, out var count) && count is >= 1 and <= MostRounds
            ? [.. given, new FieldValue("rounds", epochs.Value)]
            : given).Spec;
    }

    /// <summary>Without rounds a schedule is of no use, but for the learning rate's, which goes by epochs: what else can have one is a number.</summary>
    private static SpecField OneNumber(SpecField field) => field switch
    {
        { Name: "learningRate" } => field,
        ScheduleField { Name: "epochs", Of: WholeNumberField epochs } => epochs with { Default = 5 },
        ScheduleField { Of: WholeNumberField number, Default: { } usual } => number with { Default = (long)usual.First },
        ScheduleField { Of: NumberField number, Default: { } usual } => number with { Default = usual.First },
        _ => field,
    };

    private static async Task<int> RunAsync(
        Terminal terminal, HostParts parts, StateFolder state, FederationSpec spec, string partition, bool json, CancellationToken cancellationToken)
    {
        var news = json ? terminal.Error : terminal.Output;
        await using var services = new ServiceCollection()
            .AddLocalHost(state, parts)
            .AnnounceDatasets(dataset => news.WriteLine($"data: {dataset.Description}"))
            .AddSingleton<CentralTraining>()
            .BuildServiceProvider();
        var choice = PartitionChoice.Parse(partition, spec.Clients, allowsAll: true);
        using var use = DataUse.Begin(state);
        try
        {
            var result = await services.GetRequiredService<CentralTraining>().RunAsync(
                spec, choice, new DatasetProgressNotes(terminal), epoch => news.WriteLine(Line(epoch, TrainingPlan.Of(spec, round: 1).Epochs)), cancellationToken);
            if (json)
                terminal.Output.WriteLine(ContractJson.Serialize(result));
            else
                terminal.Output.WriteLine($"test  {Figures.Of(new Metrics(result.Test.Loss, result.Test.Accuracy))}");
            return ExitCode.Done;
        }
        catch (TrainingDivergedException exception)
        {
            terminal.Error.WriteLine($"fldurable: {exception.Message}");
            return ExitCode.Failed;
        }
    }

    private static string Line(CentralEpoch epoch, int epochs)
    {
        var validation = epoch.ValidationLoss is null
            ? ""
            : $"  validation loss {Figures.Loss(epoch.ValidationLoss)}  accuracy {Figures.Accuracy(epoch.ValidationAccuracy)}";
        return $"epoch {epoch.Epoch}/{epochs}  fit loss {Figures.Loss(epoch.FitLoss)}  accuracy {Figures.Accuracy(epoch.FitAccuracy)}"
            + $"{validation}  {Figures.Seconds(epoch.Seconds)} s";
    }
}
