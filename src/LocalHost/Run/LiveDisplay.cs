using FlDurable.LocalHost.Display;
using FlDurable.Shared.Rounds;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FlDurable.LocalHost.Run;

/// <summary>A run on a screen: a bar over the rounds, one over the clients of the round, and what they measure.</summary>
internal static class LiveDisplay
{
    // Drawing costs a few milliseconds of a core that could train.
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMilliseconds(200);

    public static async Task ShowAsync(Terminal terminal, IAnsiConsole screen, RunProgress progress, Func<Task> work)
    {
        using var notes = terminal.NotesAbove(screen);
        var bars = screen.Progress().AutoClear(true).Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 30 },
            new TextColumn(texts => texts.Count), new TextColumn(texts => texts.Figures), new ElapsedTimeColumn());
        bars.RefreshRate = RefreshInterval;
        await bars.StartAsync(async context =>
        {
            var rounds = context.AddTask("rounds");
            var clients = context.AddTask("preparing");
            var recorded = "";
            progress.RoundRecorded += round => recorded = FiguresOf(round);
            progress.Changed += now =>
            {
                Show(rounds, "rounds", Math.Max(now.Recorded, 0), now.Rounds, recorded);
                if (now.Round == 0)
                    return;
                if (clients.Description != PhaseOf(now))
                {
                    context.RemoveTask(clients);
                    clients = context.AddTask(PhaseOf(now)); // its time begins now
                }

                Show(clients, PhaseOf(now), now.Ended, now.Clients, now.Metrics is null ? "" : Figures.Of(now.Metrics));
            };
            await work();
        });
    }

    private static string PhaseOf(RunSnapshot now) => $"round {now.Round} {(now.Phase == RoundPhase.Fit ? "training" : "evaluating")}";

    private static string FiguresOf(RoundLine round) => round.Metrics switch
    {
        { Central: { } central } => $"central {Figures.Of(central)}",
        { Evaluate: { } evaluate } => $"federated {Figures.Of(evaluate)}",
        { Fit: { } fit } => $"fit {Figures.Of(fit)}",
        _ => "",
    };

    private static void Show(ProgressTask bar, string description, int done, int all, string figures)
    {
        bar.Description = description;
        bar.MaxValue = Math.Max(all, 1);
        bar.Value = done;
        bar.Tag = new BarTexts($"{Figures.Count(done)}/{Figures.Count(all)}", figures);
    }

    private sealed record BarTexts(string Count, string Figures);

    private sealed class TextColumn(Func<BarTexts, string> text) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(task.Tag is BarTexts texts ? text(texts) : "");
    }
}
