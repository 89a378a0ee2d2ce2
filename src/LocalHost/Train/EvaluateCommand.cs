using System.CommandLine;
using FlDurable.ClientActivities;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Pictures;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Remote;
using FlDurable.LocalHost.State;
using FlDurable.Shared.Datasets;
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
        var data = new Option<string?>("--data") { HelpName = "SOURCE", Description = "With --server: the data that the federation learnt from, where this machine has it under another name." };
        command.Add(data);
        var model = new ChosenModel(command);
        var name = new FederationName(command);
        var server = new ServerOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            CsvTable.RefuseBoth(parsed.GetValue(csv), parsed.GetValue(json));
            var folder = parsed.StateFolder();
            var file = parsed.GetValue(plot);
            var picture = file is null ? null : new OutputFile(file, terminal);
            var kind = file is null ? default : PictureKinds.Of("--plot", file);
            var address = server.Named(parsed);
            if (address is null && parsed.GetValue(data) is not null)
                throw new UsageException("--data: a federation of a state folder has its data there; expected --server with it");
            if (address is null && picture is { IsStandardOutput: false })
                folder.RefuseOutput(file!);
            await using var services = new ServiceCollection().AddLocalHost(folder, parts).BuildServiceProvider();
            var id = name.Get(parsed);
            var (spec, parameters, test) = address is null
                ? await FindAsync(new StateReader(folder), id)
                : await FindAtAsync(address, id);
            var evaluated = await EvaluateAsync(services, spec, parameters, test, cancellationToken);
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

            async Task<(ResolvedSpec Spec, byte[] Parameters, TestSet Test)> FindAsync(StateReader state, string federation)
            {
                var found = await state.ReadSpecAsync(federation, cancellationToken);
                RefuseSites(found);
                var chosen = await model.ReadAsync(parsed, state, found, cancellationToken);
                var manifest = await state.FindManifestAsync(found, cancellationToken)
                    ?? throw new UsageException($"id: the data set of federation '{federation}' is not in the state folder; fldurable export takes the model");
                return (found, chosen, new TestSet(await services.GetRequiredService<PartitionedDataset>().ReadTestAsync(manifest, cancellationToken), manifest.Classes));
            }

            async Task<(ResolvedSpec Spec, byte[] Parameters, TestSet Test)> FindAtAsync(ServerAddress at, string federation)
            {
                using var client = new FederationServerClient(at, terminal.Note);
                var found = ServerReport.SpecOf(await client.GetAsync(federation, rounds: 0, cancellationToken), client);
                RefuseSites(found);
                var chosen = await model.ReadAsync(parsed, client, federation, cancellationToken);
                var own = await new OwnTestSet(services.GetRequiredService<IDatasetLibrary>(), terminal).ReadAsync(found, parsed.GetValue(data), cancellationToken);
                return (found, chosen, new TestSet(own.Test, own.Classes));
            }
        });
        return command;
    }

    private static void RefuseSites(ResolvedSpec spec)
    {
        if (spec.Spec.Sites().Count > 0)
            throw new UsageException($"id: federation '{spec.Id}' has no central test set: its data is at sites");
    }

    private static async Task<EvaluatedModel> EvaluateAsync(
        IServiceProvider services, ResolvedSpec spec, byte[] parameters, TestSet test, CancellationToken cancellationToken)
    {
        try
        {
            var network = services.GetRequiredService<NetworkRegistry>().Get(spec);
            var engine = services.GetRequiredService<TrainingEngines>().Get(spec.Engine);
            if (!engine.TellsLogits)
                throw new UsageException($"id: federation '{spec.Id}' was run with engine {engine.Name}, which does not tell what it takes an image for");
            var logits = new float[test.Examples.Count * network.Classes];
            var metrics = await services.GetRequiredService<CentralEvaluation>().RunAsync(
                engine, network, Safetensors.Read(parameters, network.Layout), test.Examples, logits, cancellationToken);
            if (!metrics.AreFinite)
                throw new UsageException($"id: a model of federation '{spec.Id}' has diverged: its loss on the central test set is not finite");
            return new EvaluatedModel(test.Classes, metrics, ConfusionMatrix.Of(new Predictions(test.Examples, logits)));
        }
        catch (Exception exception) when (exception is NotRegisteredException or SafetensorsException)
        {
            throw new UsageException($"id: federation '{spec.Id}' can't be evaluated here: {exception.Message}", exception);
        }
    }

    private sealed record TestSet(ImageExamples Examples, IReadOnlyList<string> Classes);
}
