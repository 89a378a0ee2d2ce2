using System.CommandLine;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Commands;

/// <summary><c>purge</c>: a federation and everything of it, removed. Nothing else in the state folder goes on meanwhile.</summary>
internal static class PurgeCommand
{
    public static Command Create(Terminal terminal)
    {
        var id = new Argument<string>("ID") { Description = "The federation." };
        var terminates = new Option<bool>("--terminate") { Description = "End it first if it is not over." };
        var command = new Command("purge", "Remove a federation that is over, with its artifacts; its id stays taken.") { id, terminates };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (state, federation) = (parsed.StateFolder(), parsed.GetRequiredValue(id));
            await PurgeAsync(terminal, state, federation, parsed.GetValue(terminates), parsed.LeastLogLevel(), cancellationToken);
            terminal.Output.WriteLine($"federation {federation} is purged; its id stays taken");
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task PurgeAsync(
        Terminal terminal, StateFolder state, string id, bool terminates, LogLevel leastLogLevel, CancellationToken cancellationToken)
    {
        await new StateReader(state).GetInstanceAsync(id, cancellationToken); // before a folder is made
        await StateArtifacts.ReachAsync(state, cancellationToken);
        await using var services = Compose(terminal, state, leastLogLevel);
        await using var engine = services.GetRequiredService<EmbeddedEngineHost>();
        await engine.StartAsync(cancellationToken);
        var control = services.GetRequiredService<FederationControl>();
        try
        {
            var instance = await services.GetRequiredService<IFederationClient>().GetInstanceAsync(id, cancellationToken);
            if (instance is { IsOver: false } && !terminates)
                throw new UsageException($"federation '{id}' is not over: --terminate ends it first");
            if (terminates)
                await control.TerminateAsync(id, "it is to be purged", cancellationToken);
            await control.PurgeAsync(id, cancellationToken);
        }
        catch (KeyNotFoundException exception)
        {
            throw new UsageException(exception.Message, exception); // another process purged it meanwhile
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            terminal.Error.WriteLine($"stopped half-way; to go on: fldurable purge {id}{(terminates ? " --terminate" : "")}{state.AsOptions}");
            throw;
        }
    }

    private static ServiceProvider Compose(Terminal terminal, StateFolder state, LogLevel leastLogLevel) => new ServiceCollection()
        .AddTerminalLogs(terminal, leastLogLevel)
        .AddLocalHost(state)
        .AddFederations()
        .AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = state.Path, Parallelism = 1, TakesUp = _ => false })
        .BuildServiceProvider();
}
