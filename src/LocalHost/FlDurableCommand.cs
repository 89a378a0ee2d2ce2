using System.CommandLine;
using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine;
using FlDurable.EmbeddedEngine.Storage;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Completion;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Doctor;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Node;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Reports;
using FlDurable.LocalHost.Run;
using FlDurable.LocalHost.Serve;
using FlDurable.LocalHost.Show;
using FlDurable.LocalHost.Sites;
using FlDurable.LocalHost.State;
using FlDurable.LocalHost.Train;
using FlDurable.LocalHost.Work;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost;

/// <summary>The whole command line: what there is, and what becomes of what goes wrong.</summary>
internal static class FlDurableCommand
{
    /// <summary>Runs one command of a host without parts of its own.</summary>
    /// <inheritdoc cref="RunAsync(IReadOnlyList{string}, Terminal, HostParts, CancellationToken)"/>
    public static Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken) =>
        RunAsync(arguments, terminal, new HostParts(), cancellationToken);

    /// <summary>Runs one command.</summary>
    /// <returns>The <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, HostParts parts, CancellationToken cancellationToken)
    {
        var code = await InvokeAsync(arguments, terminal, parts, cancellationToken);
        if (terminal.OutputFailure is not { } failure)
            return code;
        terminal.Error.WriteLine($"fldurable: stdout can't be written: {failure}; what it was to show is lost, what was done is kept");
        return code == ExitCode.Done ? ExitCode.BadUsage : code;
    }

    private static async Task<int> InvokeAsync(
        IReadOnlyList<string> arguments, Terminal terminal, HostParts parts, CancellationToken cancellationToken)
    {
        var parsed = Create(terminal, parts).Parse(arguments);
        terminal.IsQuiet = parsed.GetValue(CommonOptions.Quiet);
        if (parsed.Action?.ClearsParseErrors != true && !CompletionCommand.IsAsked(arguments) && ParseErrors.Describe(parsed) is { Count: > 0 } errors)
            return Refuse(terminal, errors);

        // Signals are ours: the state is put away before the process ends, however long that takes.
        var invocation = new InvocationConfiguration
        {
            Output = terminal.Output,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (InvalidSpecException exception)
        {
            return Refuse(terminal, SpecOptions.NamedAsGiven(parsed, exception.Errors).Select(error => error.ToString()));
        }
        catch (Exception exception) when (IsForThePerson(exception))
        {
            return Refuse(terminal, [exception.Message]);
        }
        catch (Exception exception) when (NativeLibraries.WhyNot(exception) is { } whyNot)
        {
            return Refuse(terminal, [$"{whyNot}; {NativeLibraries.Advice}"]);
        }
    }

    private static RootCommand Create(Terminal terminal, HostParts parts)
    {
        var root = new RootCommand("Federated learning as a durable orchestration, on one machine or a cluster of them.")
        {
            CommonOptions.State,
            CommonOptions.Storage,
            CommonOptions.Hub,
            CommonOptions.Sql,
            CommonOptions.Verbose,
            CommonOptions.LeastLogLevel,
            CommonOptions.LogFormat,
            CommonOptions.Quiet,
            InitCommand.Create(terminal, parts),
            ValidateCommand.Create(terminal, parts),
            DoctorCommand.Create(terminal, parts),
            RunCommand.Create(terminal, parts),
            RetryCommand.Create(terminal, parts),
            BranchCommand.Create(terminal, parts),
            ServeCommand.Create(terminal, parts),
            NodeCommand.Create(terminal, parts),
            SchemaCommand.Create(terminal),
            SitesCommand.Create(terminal),
            PoolCommand.Create(terminal),
            WorkCommand.Create(terminal, parts),
            TrainCentralCommand.Create(terminal, parts),
            PartitionCommand.Create(terminal, parts),
            ShowCommand.Create(terminal, parts),
            ExportCommand.Create(terminal, parts),
            EvaluateCommand.Create(terminal, parts),
            ListCommand.Create(terminal),
            StatusCommand.Create(terminal),
            PlotCommand.Create(terminal),
            ReportCommand.Create(terminal),
            CompareCommand.Create(terminal),
            PurgeCommand.Create(terminal, parts),
            CompletionCommand.Create(terminal),
            ActivityCommand.Create(terminal, parts),
        };
        foreach (var command in ControlCommands.Create(terminal, parts))
            root.Add(command);
        FederationCompletions.AddTo(root);
        root.SetAction(_ => Refuse(terminal, ["expected a command; --help lists them"]));
        return root;
    }

    /// <summary>Whether an exception's message is all that a person needs; another is a fault of the program, with where it happened.</summary>
    internal static bool IsForThePerson(Exception exception) => exception is
        UsageException or DatasetException or FederationConflictException or StateFolderException or OrchestrationVersionException
        or TaskHubException or EngineUnavailableException or TimeoutException or ArtifactStoreException or IOException or UnauthorizedAccessException;

    private static int Refuse(Terminal terminal, IEnumerable<string> reasons)
    {
        foreach (var reason in reasons)
            terminal.Error.WriteLine($"fldurable: {Printable.Line(reason)}");
        return ExitCode.BadUsage;
    }
}
