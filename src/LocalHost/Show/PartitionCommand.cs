using System.CommandLine;
using System.Globalization;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Data;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Pictures;
using FlDurable.LocalHost.Places;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Show;

/// <summary><c>partition</c>: how a federation would divide its images among its clients.</summary>
internal static class PartitionCommand
{
    public static Command Create(Terminal terminal, HostParts parts)
    {
        var plot = new Option<string?>("--plot") { HelpName = "FILE.png|svg", Description = "Draw bars and a heat map of clients and classes; - is stdout, as PNG." };
        var folder = new Option<string?>("--out") { HelpName = "FOLDER", Description = "Write each client's images there, as client-K/train/CLASS and client-K/val/CLASS; the folder must not be there yet." };
        var json = new Option<bool>("--json") { Description = "Write the numbers as JSON." };
        var csv = CsvTable.Option("the numbers");
        var fields = new SpecOptions(parts.SpecTable.Only([.. DatasetRequest.Fields, "partitioner", "clients", "validationFraction", "seed"]));
        var command = new Command("partition", "Show how a federation would divide its images: by client and class.") { plot, folder, json, csv };
        foreach (var option in fields.Symbols)
            command.Add(option);
        command.SetAction((parsed, cancellationToken) =>
        {
            var given = fields.Of(parsed);
            return RunAsync(
                terminal, parts, parsed.StateFolder(), new SpecReader(parts.SpecTable).Read(given.Over([])).Spec,
                new Wanted(parsed.GetValue(plot), parsed.GetValue(folder), parsed.GetValue(json), parsed.GetValue(csv), HasClients: given.Has("clients")), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, HostParts host, StateFolder state, FederationSpec spec, Wanted wanted, CancellationToken cancellationToken)
    {
        var picture = wanted.Plot is { } file ? new OutputFile(file, terminal) : null;
        CsvTable.RefuseBoth(wanted.Csv, wanted.Json);
        var news = terminal.News(wanted.Json || wanted.Csv || picture?.IsStandardOutput == true);
        if (picture is { IsStandardOutput: false })
            state.RefuseOutput(wanted.Plot!);
        var kind = wanted.Plot is null ? default : PictureKinds.Of("--plot", wanted.Plot);
        await using var services = new ServiceCollection()
            .AddLocalHost(state, host)
            .AnnounceDatasets(dataset => news.WriteLine($"data: {dataset.Description}"))
            .BuildServiceProvider();
        var library = services.GetRequiredService<IDatasetLibrary>();
        var resolved = await library.ResolveAsync(DatasetRequest.Of(spec), new DatasetProgressNotes(terminal), cancellationToken);
        var dataset = await library.OpenAsync(resolved.Sha256, cancellationToken);
        if (wanted.Folder is not null && dataset.Shape.IsTable)
            throw new UsageException("--out: writes images, and the data is a table");
        var clients = dataset.NaturalIds is { } ids && !wanted.HasClients ? ids.Names.Count : spec.Clients; // who asks how the data is divided need not know
        var parts = services.GetRequiredService<Partitioners>().For(spec.Partitioner).Partition(TrainingImages.Of(dataset, clients, spec.Seed));
        var division = new Division(dataset.Train, dataset.Classes.Count, parts) { NaturalIds = dataset.NaturalIds?.Names };

        if (wanted.Json)
            terminal.Output.WriteLine(ContractJson.Serialize(DivisionTable.AsJson(division, dataset.Classes)));
        else if (wanted.Csv)
            DivisionTable.WriteRows(terminal.Output, division, dataset.Classes);
        else if (picture is not { IsStandardOutput: true })
            DivisionTable.Write(terminal.OutputConsole, division, dataset.Classes);
        if (picture is not null)
        {
            await picture.WriteAsync(DivisionChart.Draw(division, dataset.Classes).As(kind), cancellationToken);
            news.WriteLine(division.Clients > DivisionChart.MaxClients
                ? string.Create(CultureInfo.InvariantCulture, $"{wanted.Plot}: the first {DivisionChart.MaxClients} clients")
                : $"{wanted.Plot}: bars and a heat map");
        }

        if (wanted.Folder is { } folder)
        {
            state.RefuseOutput(folder);
            await PartFolders.WriteAsync(folder, dataset, parts, spec.ValidationFraction, cancellationToken);
            news.WriteLine($"{folder}: {Figures.Count(parts.Count, "client")}, each a folder that --data takes");
        }

        return ExitCode.Done;
    }

    /// <summary>What is to be made beside the table.</summary>
    /// <param name="Plot">The picture's file; null for none.</param>
    /// <param name="Folder">Where clients' images are to be written; null for nowhere.</param>
    /// <param name="Json">Whether the numbers are wanted as JSON.</param>
    /// <param name="Csv">Whether they are wanted as CSV.</param>
    /// <param name="HasClients">Whether the number of clients was given.</param>
    private sealed record Wanted(string? Plot, string? Folder, bool Json, bool Csv, bool HasClients);
}
