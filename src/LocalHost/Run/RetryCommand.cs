using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Remote;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Run;

/// <summary><c>retry</c>: on with a federation that has failed, after its last recorded round, to its end.</summary>
internal static class RetryCommand
{
    public static Command Create(Terminal terminal, HostParts parts)
    {
        var command = new Command("retry", "Go on with a federation that has failed, after its last recorded round. What it failed of stays in its result.");
        var name = new FederationName(command);
        var options = new RunOptions(command);
        var server = new ServerOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var id = name.Get(parsed);
            if (server.Find(parsed) is { } address)
            {
                using var client = new FederationServerClient(address, terminal.Note);
                var run = new ServerRun(terminal, client, options.JsonOfServer(parsed));
                await client.ControlAsync(id, "retry", reason: null, cancellationToken);
                return await run.WatchOnAsync(id, cancellationToken);
            }

            var request = options.RequestOf(parsed, parsed.StateFolder(), new SpecSource(file: null, new GivenFields(parsed, [], id), new SpecReader(parts.SpecTable)), id);
            return await new FederationRun(terminal, request with { Retries = true }, parts).RunAsync(cancellationToken);
        });
        return command;
    }
}
