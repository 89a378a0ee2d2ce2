using FlDurable.Bench.Federations;
using FlDurable.LocalHost;

namespace FlDurable.Bench.Workers;

/// <summary><c>program …</c>: all of fldurable's commands, in a process of its own, with a trainer that does nothing among its engines.</summary>
internal static class BenchProgram
{
    /// <summary>The word that stands before the command line.</summary>
    public const string Word = "program";

    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] arguments) => FederationHost.CreateBuilder(arguments).AddTrainingEngine<NoOpEngine>().RunAsync();
}
