using System.CommandLine;
using FlDurable.Bench;
using FlDurable.Bench.Aggregation;
using FlDurable.Bench.Experiments;
using FlDurable.Bench.Federations;
using FlDurable.Bench.Goals;
using FlDurable.Bench.Serving;
using FlDurable.Bench.Training;

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
}
.Parse(args).InvokeAsync();
