using System.CommandLine;
using FlDurable.Bench.Training;

return new RootCommand("FlDurable's figures beside the machine's limit and its peers', in one table from one run.")
{
    TrainingBench.Command(),
}.Parse(args).Invoke();
