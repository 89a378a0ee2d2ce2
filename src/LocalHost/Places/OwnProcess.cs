using System.Diagnostics;
using System.Globalization;
using FlDurable.EmbeddedEngine.Isolation;
using FlDurable.LocalHost.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Places;

/// <summary>This program once more, to run an activity apart.</summary>
internal static class OwnProcess
{
    /// <summary>Lets the engine run activities apart.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="state">Where the activities' artifacts are.</param>
    /// <param name="parallelism">How many threads an evaluation may have.</param>
    public static IServiceCollection AddActivityIsolation(this IServiceCollection services, StateFolder state, int parallelism) =>
        services.AddSingleton<IActivityIsolation>(new ChildProcessIsolation(() => Start(state, parallelism)));

    private static ProcessStartInfo Start(StateFolder state, int parallelism)
    {
        var start = Itself(Environment.ProcessPath!, Environment.GetCommandLineArgs()[0]);
        foreach (var argument in (string[])[ActivityCommand.Name, "--parallel", parallelism.ToString(CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(argument);

        // By the environment: a command line can be read by every user of a machine.
        start.Environment[StateFolder.Variable] = state.Path;
        if (state.Storage is { } storage)
            storage.GiveTo(start.Environment);
        else
            start.Environment.Remove(StorageConnection.Variable);
        return start;
    }

    /// <summary>
    /// The program as a file of its own, whatever it was renamed to, or as one that the same <c>dotnet</c> runs: there may be another on the
    /// path, or none.
    /// </summary>
    /// <param name="running">The file that this process runs.</param>
    /// <param name="program">What <c>dotnet</c> runs, if that is the file.</param>
    internal static ProcessStartInfo Itself(string running, string program) => Path.GetFileName(running) is "dotnet" or "dotnet.exe"
        ? new ProcessStartInfo(running, [program])
        : new ProcessStartInfo(running);
}
