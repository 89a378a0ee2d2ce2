using System.CommandLine;
using FlDurable.Bench;
using FlDurable.Bench.Aggregation;
using FlDurable.Bench.Experiments;
using FlDurable.Bench.Federations;
using FlDurable.Bench.Goals;
using FlDurable.Bench.Serving;
using FlDurable.Bench.Training;
using FlDurable.Bench.Workers;

if (args is [BenchProgram.Word, .. var arguments])
    return await BenchProgram.RunAsync(arguments);
return await new RootCommand("FlDurable's figures beside the machine's limit and its peers', in one table from one run.")
{
    GoalsBench.Command(),
    EngineBenchmark.Command(),
    FederationBench.Command(),
    TrainingBench.Command(),
    StrategiesBench.Command(),
    AttacksBench.Command(),
    AggregationBench.Command(),
    ServingBench.Command(),
    WorkersBench.Command(),
}
.Parse(args).InvokeAsync();
