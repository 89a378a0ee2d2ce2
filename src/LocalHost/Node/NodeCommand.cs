using System.CommandLine;
using FlDurable.ClientActivities;
using FlDurable.DurableTask.Hubs;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Telemetry;
using FlDurable.Orchestrator.Telemetry;
using FlDurable.Orchestrator;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Node;

/// <summary>What a <c>node</c> is asked to do.</summary>
/// <param name="State">The hub, and where artifacts are.</param>
/// <param name="Settings">How it takes part in the hub.</param>
/// <param name="Logs">What is logged, and how.</param>
internal sealed record NodeRequest(StateFolder State, NodeSettings Settings, LogSettings Logs);

/// <summary><c>node</c>: one process of a cluster. It runs orchestrators and activities of a task hub, beside as many others as there are.</summary>
internal static class NodeCommand
{
    private const int UsualLock = 30;

    public static Command Create(Terminal terminal, HostParts parts)
    {
        var parallel = CommonOptions.Parallel();
        var partitions = WholeNumberOption.Create(
            "--partitions", "How many nodes at most can run orchestrators, set once when the hub is made; activities run on all. Default: 4.", 1, 16);
        var locked = WholeNumberOption.Create("--lock", $"After how many seconds what this node does is taken up by another if it dies. Default: {UsualLock}.", 15, 60);
        var poll = WholeNumberOption.Create(
            "--poll", $"After how many milliseconds at most the node finds what waits for it; more costs fewer requests. Default: {TaskHub.UsualPoll.TotalMilliseconds:0}.", 50, 30_000);
        var command = new Command("node", "Work on a task hub (--hub), as one of as many processes and machines as you like, until it is stopped.")
        {
            parallel, partitions, locked, poll,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var settings = new NodeSettings(
                CommonOptions.ParallelismOf(parsed.GetValue(parallel)), parsed.GetValue(partitions), TimeSpan.FromSeconds(parsed.GetValue(locked) ?? UsualLock),
                parsed.GetValue(poll) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : TaskHub.UsualPoll);
            var request = new NodeRequest(parsed.StateFolder(), settings, parsed.Logs(LogLevel.Information));
            if (request.State.Hub is null)
                throw new UsageException($"node: expected --hub NAME (or ${NamedHub.Variable}), the task hub to work on");
            return RunAsync(request, request.State.Hub, terminal, parts, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(NodeRequest request, NamedHub hub, Terminal terminal, HostParts parts, CancellationToken cancellationToken)
    {
        await StateArtifacts.ReachAsync(request.State, cancellationToken);
        var open = await hub.FindForNodeAsync(request.Settings, cancellationToken);
        await using var services = new ServiceCollection()
            .AddTerminalLogs(terminal, request.Logs)
            .AddSingleton(_ => new EvaluationThreads(request.Settings.Parallelism))
            .AddLocalHost(request.State, parts)
            .AddFederations(HostNotifications.Read())
            .AddTelemetry(request.State)
            .AddFederationLog()
            .AddTaskHub(open, Vocabulary)
            .BuildServiceProvider();
        using var export = TelemetryExport.Start(services);
        await using var worker = services.GetRequiredService<HubWorker>();
        await worker.StartAsync(cancellationToken);
        terminal.Output.WriteLine($"at work on task hub {hub.Name}, activities at a time: {Figures.Count(request.Settings.Parallelism)}");
        var stop = new TaskCompletionSource();
        await using var registration = cancellationToken.Register(stop.SetResult);
        await await Task.WhenAny(stop.Task, worker.Stopped);
        return ExitCode.Done;
    }

    /// <summary>What a spec can name here. A node takes the work of every federation, and so must know all that any of them names.</summary>
    private static IEnumerable<string> Vocabulary(IServiceProvider services)
    {
        var networks = services.GetRequiredService<NetworkRegistry>();
        return
        [
            .. services.GetServices<ISpecAlternatives>().SelectMany(field => field.Alternatives.Select(one => Word(field.Field, one))),
            .. services.GetServices<ITrainingEngine>().Where(CanTrain).Select(engine => $"able engine {engine.Name}"),
        ];

        // What is not FlDurable's own may compute otherwise in another version.
        static string Word(string field, SpecAlternative one) =>
            one.Package.Name == PackageVersion.OwnName ? $"{field} {one.Name}" : $"{field} {one.Name} of {one.Package}";

        // An engine that this build or machine lacks is registered all the same, to say why.
        bool CanTrain(ITrainingEngine engine) => networks.Names.Any(name => networks.Get(name).FindUsual() is { } network && engine.WhyNot(network) is null);
    }
}
