using System.CommandLine;
using FlDurable.Bench;

return await new RootCommand("Benchmarks of FlDurable")
{
    EngineBenchmark.Command(),
}
.Parse(args).InvokeAsync();
