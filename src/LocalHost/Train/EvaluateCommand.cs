using System.CommandLine;
using FlDurable.ClientActivities;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Pictures;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.State;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Train;

/// <summary><c>evaluate</c>: what a federation's model makes of its central test set, class by class.</summary>
internal static class EvaluateCommand
{
    public static Command Create(Terminal terminal, HostParts parts)
    {
        var json = new Option<bool>("--json") { Description = "Write the numbers as JSON." };
        var csv = CsvTable.Option("the confusion matrix");
        var plot = new Option<string?>("--plot") { HelpName = "FILE.png|svg", Description = "Draw the confusion matrix; - is stdout, as PNG." };
        var command = new Command("evaluate", "Evaluate a federation's model on its central test set, class by class.") { json, csv, plot };
        var model = new ChosenModel(command);
        var name = new FederationName(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            CsvTable.RefuseBoth(parsed.GetValue(csv), parsed.GetValue(json));
            var folder = parsed.StateFolder();
            var file = parsed.GetValue(plot);
            var picture = file is null ? null : new OutputFile(file, terminal);
            var kind = file is null ? default : PictureKinds.Of("--plot", file);
            if (picture is { IsStandardOutput: false })
                folder.RefuseOutput(file!);
            var state = new StateReader(folder);
            var spec = await state.ReadSpecAsync(name.Get(parsed), cancellationToken);
            var parameters = await model.ReadAsync(parsed, state, spec, cancellationToken);
            var manifest = await FindTestSetAsync(state, spec, cancellationToken);
            var evaluated = await EvaluateAsync(folder, parts, spec, manifest, parameters, cancellationToken);
            if (parsed.GetValue(json))
                terminal.Output.WriteLine(ContractJson.Serialize(ConfusionTable.AsJson(evaluated)));
            else if (parsed.GetValue(csv))
                ConfusionTable.WriteRows(terminal.Output, evaluated);
            else if (picture is not { IsStandardOutput: true })
                ConfusionTable.Write(terminal.OutputConsole, evaluated);
            if (picture is not null)
            {
                await picture.WriteAsync(ConfusionChart.Draw($"{spec.Id}: images by class and what they were taken for", evaluated).As(kind), cancellationToken);
                (parsed.GetValue(json) || parsed.GetValue(csv) || picture.IsStandardOutput ? terminal.Error : terminal.Output).WriteLine($"{file}: the confusion matrix");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<DatasetManifest> FindTestSetAsync(StateReader state, ResolvedSpec spec, CancellationToken cancellationToken)
    {
        if (spec.Spec.Sites().Count > 0)
            throw new UsageException($"id: federation '{spec.Id}' has no central test set: its data is at sites");
        return await state.FindManifestAsync(spec, cancellationToken)
            ?? throw new UsageException($"id: the data set of federation '{spec.Id}' is not in the state folder; fldurable export takes the model");
    }

    private static async Task<EvaluatedModel> EvaluateAsync(
        StateFolder folder, HostParts parts, ResolvedSpec spec, DatasetManifest manifest, byte[] parameters, CancellationToken cancellationToken)
    {
        await using var services = new ServiceCollection().AddLocalHost(folder, parts).BuildServiceProvider();
        try
        {
            var network = services.GetRequiredService<NetworkRegistry>().Get(spec);
            var engine = services.GetRequiredService<TrainingEngines>().Get(spec.Engine);
            if (!engine.TellsLogits)
                throw new UsageException($"id: federation '{spec.Id}' was run with engine {engine.Name}, which does not tell what it takes an image for");
            var test = await services.GetRequiredService<PartitionedDataset>().ReadTestAsync(manifest, cancellationToken);
            var logits = new float[test.Count * network.Classes];
            var metrics = await services.GetRequiredService<CentralEvaluation>().RunAsync(
                engine, network, Safetensors.Read(parameters, network.Layout), test, logits, cancellationToken);
            if (!metrics.AreFinite)
                throw new UsageException($"id: a model of federation '{spec.Id}' has diverged: its loss on the central test set is not finite");
            return new EvaluatedModel(manifest.Classes, metrics, ConfusionMatrix.Of(new Predictions(test, logits)));
        }
        catch (Exception exception) when (exception is NotRegisteredException or SafetensorsException)
        {
            throw new UsageException($"id: federation '{spec.Id}' can't be evaluated here: {exception.Message}", exception);
        }
    }
}
