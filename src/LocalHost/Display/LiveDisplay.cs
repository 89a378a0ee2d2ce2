using FlDurable.Shared.Contracts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FlDurable.LocalHost.Display;

/// <summary>A run on a screen: a bar over the rounds, one over the clients of the round, and what they measure.</summary>
internal static class LiveDisplay
{
    // Drawing costs a few milliseconds of a core that could train.
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMilliseconds(200);

    public static async Task ShowAsync(Terminal terminal, IAnsiConsole screen, RunProgress progress, Func<Task> work)
    {
        using var notes = terminal.NotesAbove(screen);
        var bars = screen.Progress().AutoClear(true).Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 30 }, new TextColumn("count"),
            new TextColumn("figures"), new ElapsedTimeColumn());
        bars.RefreshRate = RefreshInterval;
        await bars.StartAsync(async context =>
        {
            var rounds = context.AddTask("rounds");
            var clients = context.AddTask("preparing");
            progress.RoundRecorded += round => Set(rounds, "figures", FiguresOf(round));
            progress.Changed += now =>
            {
                Show(rounds, "rounds", Math.Max(now.Recorded, 0), now.Rounds);
                if (now.Round == 0)
                    return;
                Show(clients, $"round {now.Round} {(now.Phase == RoundPhase.Fit ? "training" : "evaluating")}", now.Ended, now.Clients);
                Set(clients, "figures", now.Metrics is null ? "" : Figures.Of(now.Metrics));
            };
            await work();
        });
    }

    private static string FiguresOf(RoundLine round) => round.Metrics switch
    {
        { Central: { } central } => $"central {Figures.Of(central)}",
        { Evaluate: { } evaluate } => $"federated {Figures.Of(evaluate)}",
        { Fit: { } fit } => $"fit {Figures.Of(fit)}",
        _ => "",
    };

    private static void Show(ProgressTask bar, string description, int done, int all)
    {
        bar.Description = description;
        bar.MaxValue = Math.Max(all, 1);
        bar.Value = done;
        Set(bar, "count", $"{Figures.Count(done)}/{Figures.Count(all)}");
    }

    private static void Set(ProgressTask bar, string column, string text) => bar.State.Update<string>(column, _ => text);

    private sealed class TextColumn(string name) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(task.State.Get<string>(name) ?? "");
    }
}
