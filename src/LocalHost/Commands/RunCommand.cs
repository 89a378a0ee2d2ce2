using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;

namespace FlDurable.LocalHost.Commands;

/// <summary><c>run</c>: a federation from its spec to its result, or on from where it was.</summary>
internal static class RunCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string?>("SPEC.json")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "A spec. Options override its fields.",
        };
        file.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: ['-', ..] option }])
                result.AddError($"unknown option '{option}'; run --help lists them");
        });
        var fields = SpecOptions.All();
        var parallel = CommonOptions.Parallel();
        var json = new Option<bool>("--json") { Description = "Write the result to stdout as JSON, and everything else to stderr." };
        var timings = new Option<bool>("--timings") { Description = "Tell at the end what the time went into." };
        var command = new Command("run", "Run a federation, or go on with one that was stopped (--id).") { file, parallel, json, timings };
        foreach (var option in fields.Symbols)
            command.Add(option);
        command.SetAction((parsed, cancellationToken) =>
        {
            var state = parsed.StateFolder();
            if (state.Hub is not null && (parsed.GetValue(parallel) is not null || parsed.GetValue(timings)))
                throw new UsageException("--parallel, --timings: with --hub other processes run the federation (fldurable node --parallel)");
            var request = new RunRequest(
                state,
                new SpecSource(parsed.GetValue(file), (spec) => fields.Over(parsed, spec)),
                CommonOptions.ParallelismOf(parsed.GetValue(parallel)),
                parsed.GetValue(json),
                parsed.GetValue(timings),
                parsed.LeastLogLevel());
            return new FederationRun(terminal, request).RunAsync(cancellationToken);
        });
        return command;
    }
}
