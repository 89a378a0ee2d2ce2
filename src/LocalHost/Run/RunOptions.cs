using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.MLflow;
using FlDurable.LocalHost.Places;

namespace FlDurable.LocalHost.Run;

/// <summary>The options of the commands that run a federation to its end.</summary>
internal sealed class RunOptions
{
    private readonly Option<int?> parallel = CommonOptions.Parallel();
    private readonly Option<bool> json = new("--json") { Description = "Write the result to stdout as JSON, and everything else to stderr." };
    private readonly Option<bool> timings = new("--timings") { Description = "Tell at the end what the time went into." };

    private readonly Option<string?> tensorBoard = new("--tensorboard")
    {
        HelpName = "DIR",
        Description = "Write every recorded round's figures for TensorBoard, in a folder of the federation's name in DIR.",
    };

    private readonly Option<string?> mlflow = new("--mlflow")
    {
        HelpName = "URL",
        Description = "Log every recorded round's figures to MLflow's tracking server there, as one run in the experiment of $MLFLOW_EXPERIMENT_NAME, else 'federations'.",
    };

    /// <summary>Adds them to a command.</summary>
    public RunOptions(Command command)
    {
        command.Add(parallel);
        command.Add(json);
        command.Add(timings);
        command.Add(tensorBoard);
        command.Add(mlflow);
    }

    /// <summary>Whether stdout is to hold the result as JSON, where a server runs the federation.</summary>
    /// <exception cref="UsageException">An option is for this process's own engine.</exception>
    public bool JsonOfServer(ParseResult parsed) =>
        parsed.GetValue(parallel) is null && !parsed.GetValue(timings) && parsed.GetValue(tensorBoard) is null && parsed.GetValue(mlflow) is null
        ? parsed.GetValue(json)
        : throw new UsageException("--parallel, --timings, --tensorboard, --mlflow: a server runs the federation (--server, or serve has the state folder), and these are for one that runs here");

    /// <summary>What is asked for.</summary>
    /// <exception cref="UsageException">One is for this process's own engine, which does not run the federation.</exception>
    public RunRequest RequestOf(ParseResult parsed, StateFolder state, SpecSource spec, string? goesOnWith)
    {
        if (state.Hub is not null && (parsed.GetValue(parallel) is not null || parsed.GetValue(timings)))
            throw new UsageException("--parallel, --timings: with --hub other processes run the federation (fldurable node --parallel)");
        return new RunRequest(
            state, spec, goesOnWith, CommonOptions.ParallelismOf(parsed.GetValue(parallel)), parsed.GetValue(json), parsed.GetValue(timings), parsed.Logs())
        {
            TensorBoard = parsed.GetValue(tensorBoard),
            MLflow = parsed.GetValue(mlflow) is { } address ? TrackingServer.Parse(address) : null,
        };
    }
}
