using System.CommandLine;
using FlDurable.ClientActivities;
using FlDurable.EmbeddedEngine.Isolation;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Sites;
using FlDurable.Orchestrator;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Hosting;

/// <summary><c>activity</c>, which only this program starts: one activity in a process of its own (<see cref="IsolatedActivity"/>).</summary>
internal static class ActivityCommand
{
    public const string Name = "activity";

    public static Command Create(Terminal terminal, HostParts parts)
    {
        var parallel = CommonOptions.Parallel();
        var command = new Command(Name, "Run one activity that the host which started this asks for on stdin.") { parallel };
        command.Hidden = true;
        command.SetAction(async (parsed, _) =>
        {
            var state = parsed.StateFolder();

            // Signals to the whole group are the parent's affair: it ends this process when it wants to.
            await using var services = new ServiceCollection()
                .AddTerminalLogs(terminal, parsed.Logs())
                .AddSingleton(_ => new EvaluationThreads(CommonOptions.ParallelismOf(parsed.GetValue(parallel))))
                .AddLocalHost(state, parts)
                .AddFederations(HostNotifications.Read())
                .AddSites(state)
                .BuildServiceProvider();
            using var input = new StreamReader(Console.OpenStandardInput());
            await IsolatedActivity.RunAsync(services, input, terminal.Output);
            return ExitCode.Done;
        });
        return command;
    }
}
