using System.CommandLine;
using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Remote;
using FlDurable.Orchestrator;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.State;

/// <summary>
/// <c>suspend</c>, <c>resume</c> and <c>terminate</c>: what HTTP's calls of these names do, at a server where one is named or has the state folder. Otherwise nothing
/// in the folder runs meanwhile.
/// </summary>
internal static class ControlCommands
{
    /// <summary>The commands.</summary>
    public static IEnumerable<Command> Create(Terminal terminal, HostParts parts) =>
    [
        Create(terminal, parts, "suspend", "Hold a federation before its next round, until it is resumed.", (control, id, reason, cancel) => control.SuspendAsync(id, reason, cancel)),
        Create(terminal, parts, "resume", "Let a suspended federation go on, as soon as somebody runs it.", (control, id, reason, cancel) => control.ResumeAsync(id, reason, cancel)),
        Create(terminal, parts, "terminate", "End a federation as it is. Its recorded rounds are kept.", (control, id, reason, cancel) => control.TerminateAsync(id, reason, cancel)),
    ];

    private static Command Create(
        Terminal terminal, HostParts parts, string name, string description, Func<FederationControl, string, string, CancellationToken, Task> act)
    {
        var reason = new Option<string?>("--reason") { HelpName = "TEXT", Description = "Why, for a person." };
        var command = new Command(name, description) { reason };
        var federation = new FederationName(command);
        var server = new ServerOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (id, why) = (federation.Get(parsed), parsed.GetValue(reason) ?? $"{name} by the command line");
            if (server.Find(parsed) is { } address)
            {
                using var client = new FederationServerClient(address, terminal.Note);
                terminal.Output.WriteLine($"federation {id}: {ServerStatus.Word(await client.ControlAsync(id, name, why, cancellationToken))}");
                return ExitCode.Done;
            }

            var state = parsed.StateFolder();
            await new StateReader(state).GetInstanceAsync(id, cancellationToken); // before a folder is made
            await StateArtifacts.ReachAsync(state, cancellationToken);
            var hub = state.Hub is { } named ? await named.FindAsync(cancellationToken) : null;
            await using var services = Compose(terminal, state, parts, hub, $"fldurable {name} {id}", parsed.Logs());
            await using var engine = services.GetRequiredService<IFederationEngine>();
            await engine.StartAsync(cancellationToken);
            await act(services.GetRequiredService<FederationControl>(), id, why, cancellationToken);
            var instance = await new StateReader(state).GetInstanceAsync(id, cancellationToken);
            terminal.Output.WriteLine($"federation {id}: {FederationReport.StatusOf(instance, await IsAtWorkAsync(state, cancellationToken))}");
            return ExitCode.Done;
        });
        return command;
    }

    // The engine of this command runs nothing.
    private static Task<bool> IsAtWorkAsync(StateFolder state, CancellationToken cancellationToken) =>
        state.Hub is null ? Task.FromResult(false) : new StateReader(state).IsAtWorkAsync(cancellationToken);

    private static ServiceProvider Compose(
        Terminal terminal, StateFolder state, HostParts parts, Func<ILoggerFactory, TaskHub>? hub, string occupation, LogSettings logs) => new ServiceCollection()
        .AddTerminalLogs(terminal, logs)
        .AddLocalHost(state, parts)
        .AddFederations(HostNotifications.Read())
        .AddFederationEngine(state, hub, new EmbeddedEngineOptions { StateFolder = state.Path, Occupation = occupation, Parallelism = 1, TakesUp = _ => false })
        .BuildServiceProvider();
}
