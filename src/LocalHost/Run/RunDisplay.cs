using FlDurable.LocalHost.Display;

namespace FlDurable.LocalHost.Run;

/// <summary>Shows a run while it goes on.</summary>
internal static class RunDisplay
{
    /// <param name="terminal">Where.</param>
    /// <param name="outputIsTaken">Whether stdout must hold nothing but the result.</param>
    /// <param name="progress">What to show.</param>
    /// <param name="begin">Called once the display watches.</param>
    /// <param name="work">What is waited for.</param>
    public static async Task ShowAsync(Terminal terminal, bool outputIsTaken, RunProgress progress, Action begin, Func<Task> work)
    {
        Func<Task> show = async () =>
        {
            begin();
            await work();
        };
        await (terminal.Screen(outputIsTaken) is { } screen
            ? LiveDisplay.ShowAsync(terminal, screen, progress, show)
            : PlainDisplay.ShowAsync(terminal.News(outputIsTaken), progress, show));
    }
}
