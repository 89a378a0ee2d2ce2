using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Remote;

namespace FlDurable.LocalHost.State;

/// <summary><c>export</c>: a federation's model as a file.</summary>
internal static class ExportCommand
{
    public static Command Create(Terminal terminal, HostParts parts)
    {
        var file = new Option<string>("--out") { HelpName = "FILE", Required = true, Description = "The file to write; - is stdout." };
        var format = ModelFormat.Option();
        var command = new Command("export", "Write a federation's model as safetensors or ONNX.") { format, file };
        var model = new ChosenModel(command);
        var name = new FederationName(command);
        var server = new ServerOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (federation, path) = (name.Get(parsed), parsed.GetRequiredValue(file));
            var output = new OutputFile(path, terminal);
            var chosenFormat = parsed.GetRequiredValue(format);
            ModelFormat.CheckName(chosenFormat, path);
            byte[] content;
            if (server.Named(parsed) is { } address)
            {
                using var client = new FederationServerClient(address, terminal.Note);
                content = await model.ReadAsync(parsed, client, federation, cancellationToken);
                if (ModelFormat.TellsOfData(chosenFormat))
                {
                    var spec = ServerReport.SpecOf(await client.GetAsync(federation, rounds: 0, cancellationToken), client);
                    var data = await client.FindDivisionAsync(federation, cancellationToken);
                    content = ModelFormat.Write(chosenFormat, content, spec, parts, data?.Classes, data?.Columns);
                }
            }
            else
            {
                if (!output.IsStandardOutput)
                    parsed.StateFolder().RefuseOutput(path);
                var state = new StateReader(parsed.StateFolder());
                var spec = await state.ReadSpecAsync(federation, cancellationToken);
                content = await model.ReadAsync(parsed, state, spec, cancellationToken);
                var data = ModelFormat.TellsOfData(chosenFormat) ? await state.FindManifestAsync(spec, cancellationToken) : null;
                content = ModelFormat.Write(chosenFormat, content, spec, parts, data?.Classes, data?.Columns);
            }

            await output.WriteAsync(content, cancellationToken);
            output.News.WriteLine($"{path}: {Figures.Count(content.Length)} bytes");
            return ExitCode.Done;
        });
        return command;
    }
}
