using FlDurable.EmbeddedEngine.Instances;

namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>An activity to run.</summary>
/// <param name="Instance">Whose.</param>
/// <param name="Execution">Of which of its executions; once that is over nobody wants the result.</param>
/// <param name="Task">The task that it finishes.</param>
/// <param name="Turn">In which of the execution's turns it was asked for.</param>
/// <param name="Name">The activity's name.</param>
/// <param name="Input">Its input as JSON.</param>
/// <param name="Deaths">How often the host's process has died while it ran.</param>
/// <param name="Tries">How often the host could not do its part since the engine was started.</param>
internal sealed record ActivityWork(
    Instance Instance, Execution Execution, int Task, int Turn, string Name, string Input, int Deaths = 0, int Tries = 0)
{
    private const int SuspectFromDeaths = 2;

    /// <summary>Whether it may be what kills the process: once may be chance, and most often is more than once too.</summary>
    public bool IsSuspect => Deaths >= SuspectFromDeaths;
}
