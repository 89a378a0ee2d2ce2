using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Remote;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Run;

/// <summary><c>run</c>: a federation from its spec to its result, or on from where it was.</summary>
internal static class RunCommand
{
    public static Command Create(Terminal terminal, HostParts parts)
    {
        var file = new Argument<string?>("SPEC.json|ID")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "A spec, whose fields options override; or the federation to go on with.",
        };
        var fields = new SpecOptions(parts.SpecTable.Fields);
        var command = new Command("run", "Run a federation, or go on with one that was stopped (its ID).") { file };
        var options = new RunOptions(command);
        var server = new ServerOptions(command);
        foreach (var option in fields.Symbols)
            command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (path, id) = Tell(parsed.GetValue(file));
            if (id is not null && parsed.GetValue<string?>("--id") is not null)
                throw new UsageException($"--id: the federation is given twice, as '{id}' too");
            var source = new SpecSource(path, fields.Of(parsed, id), new SpecReader(parts.SpecTable));
            var goesOnWith = path is null && fields.HasOnlyId(parsed) ? parsed.GetValue<string?>("--id") : id;
            if (server.Find(parsed) is { } address)
            {
                using var client = new FederationServerClient(address, terminal.Note);
                var run = new ServerRun(terminal, client, options.JsonOfServer(parsed));
                if (goesOnWith is not null && fields.GivesNothingBut(parsed, SpecOptions.IdField))
                    return await run.WatchOnAsync(goesOnWith, cancellationToken);
                if (goesOnWith is not null)
                    await client.GetAsync(goesOnWith, rounds: 0, cancellationToken); // what is only named is to be there
                return await run.WatchStartedAsync(await client.StartAsync(await source.ReadGivenAsync(cancellationToken), cancellationToken), cancellationToken);
            }

            var request = options.RequestOf(parsed, parsed.StateFolder(), source, goesOnWith);
            return await new FederationRun(terminal, request, parts).RunAsync(cancellationToken);
        });
        return command;
    }

    /// <summary>A file that is there is a spec; what is none, and could be a federation's id, is one.</summary>
    private static (string? Path, string? Id) Tell(string? given) =>
        given is not null && ArtifactNames.IsId(given) && !File.Exists(given) ? (null, given) : (given, null);
}
