namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>An activity to run.</summary>
/// <param name="Instance">Whose.</param>
/// <param name="Execution">Of which of its executions; once that is over nobody wants the result.</param>
/// <param name="Task">The task that it finishes.</param>
/// <param name="Turn">In which of the execution's turns it was asked for.</param>
/// <param name="Name">The activity's name.</param>
/// <param name="Input">Its input as JSON.</param>
/// <param name="Deaths">How often in a row the process has died during it, with no progress committed in between.</param>
internal sealed record ActivityWork(Instance Instance, Execution Execution, int Task, int Turn, string Name, string Input, int Deaths = 0);
