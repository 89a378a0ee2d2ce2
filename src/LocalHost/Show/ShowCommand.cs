using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Data;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Pictures;
using FlDurable.LocalHost.Places;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Show;

/// <summary><c>show</c>: the first images of a client's partition, with their labels.</summary>
internal static class ShowCommand
{
    public static Command Create(Terminal terminal, HostParts parts)
    {
        var partition = new Option<string>("--partition") { HelpName = "K", Required = true, Description = "Client K's images." };
        var file = new Option<string>("--out") { HelpName = "FILE.png|svg", Required = true, Description = "The picture to write; - is stdout, as PNG." };
        var fields = new SpecOptions(parts.SpecTable.Only(["network", .. DatasetRequest.Fields, "partitioner", "clients", "validationFraction", "batchSize", "seed"]));
        var command = new Command("show", "Draw the first batch of a client's training images as a labelled grid.") { partition, file };
        foreach (var option in fields.Symbols)
            command.Add(option);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            terminal, parts, parsed.StateFolder(), new SpecReader(parts.SpecTable).Read(fields.Of(parsed).Over([])).Spec, parsed.GetRequiredValue(partition),
            parsed.GetRequiredValue(file), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal, HostParts parts, StateFolder state, FederationSpec spec, string partition, string file, CancellationToken cancellationToken)
    {
        var output = new OutputFile(file, terminal);
        if (!output.IsStandardOutput)
            state.RefuseOutput(file);
        var kind = PictureKinds.Of("--out", file);
        await using var services = new ServiceCollection()
            .AddLocalHost(state, parts)
            .AnnounceDatasets(dataset => output.News.WriteLine($"data: {dataset.Description}"))
            .BuildServiceProvider();
        var choice = PartitionChoice.Parse(partition, spec.Clients, allowsAll: false);
        using var use = DataUse.Begin(state);
        var data = services.GetRequiredService<FederationData>();
        var manifest = await data.PrepareAsync(spec, new DatasetProgressNotes(terminal), cancellationToken);
        if (manifest.Shape.IsTable)
            throw new UsageException("show: draws images, and the data is a table; fldurable partition shows how it is divided");
        var images = (await data.ReadAsync(manifest, choice, cancellationToken)).Train;
        var batch = images.Slice(0, Math.Min((int)spec.BatchSize.First, images.Count));
        await output.WriteAsync(LabelledGrid.Draw(batch, manifest.Classes).As(kind), cancellationToken);
        output.News.WriteLine($"{file}: the first {batch.Count} of client {partition}'s {Figures.Count(images.Count)} training images");
        return ExitCode.Done;
    }
}
