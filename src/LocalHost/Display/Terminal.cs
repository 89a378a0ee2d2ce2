using Spectre.Console;
using Spectre.Console.Rendering;

namespace FlDurable.LocalHost.Display;

/// <summary>Where a command writes: results to <see cref="Output"/>, everything about how it goes to <see cref="Error"/>.</summary>
internal sealed class Terminal(TextWriter output, TextWriter error, bool outputIsTerminal, bool errorIsTerminal)
{
    // Wide enough for every table: what is redirected is not cut at a screen's edge.
    private const int RedirectedWidth = 160;

    private readonly Lazy<IAnsiConsole> outputConsole = new(() => CreateConsole(output, outputIsTerminal));
    private readonly Lazy<IAnsiConsole> errorConsole = new(() => CreateConsole(error, errorIsTerminal));
    private volatile IAnsiConsole? live;

    public static Terminal OfThisProcess() => new(Console.Out, Console.Error, !Console.IsOutputRedirected, !Console.IsErrorRedirected);

    public TextWriter Output { get; } = output;

    public TextWriter Error { get; } = error;

    /// <summary><see cref="Output"/> for tables.</summary>
    public IAnsiConsole OutputConsole => outputConsole.Value;

    /// <summary>A screen that can be drawn over, or null: where progress is shown.</summary>
    /// <param name="outputIsTaken">Whether <see cref="Output"/> must hold nothing but the result.</param>
    public IAnsiConsole? Screen(bool outputIsTaken)
    {
        if (!(outputIsTaken ? errorIsTerminal : outputIsTerminal))
            return null;
        var console = outputIsTaken ? errorConsole.Value : outputConsole.Value;
        return console.Profile.Capabilities.Ansi ? console : null;
    }

    /// <summary>Tells a person something, above what is being drawn.</summary>
    public void Note(string line)
    {
        if (live is { } screen)
            screen.Write(new ClearedLine(line));
        else
            Error.WriteLine(line);
    }

    /// <summary>Lets notes go above what is drawn on a screen, until disposed of.</summary>
    public IDisposable NotesAbove(IAnsiConsole screen)
    {
        live = screen;
        return new Drawing(this);
    }

    /// <summary>Leaves the screen in order when the process is about to be ended without being asked.</summary>
    public void Abandon() => live?.Cursor.Show();

    private static IAnsiConsole CreateConsole(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        if (!isTerminal)
            console.Profile.Width = RedirectedWidth;
        return console;
    }

    /// <summary>A line in place of what was drawn there, however long that was.</summary>
    private sealed class ClearedLine(string line) : Renderable
    {
        private const string EraseToEnd = "\u001b[K";

        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
            [new Segment(line), Segment.Control(EraseToEnd), Segment.LineBreak];
    }

    private sealed class Drawing(Terminal terminal) : IDisposable
    {
        public void Dispose() => terminal.live = null;
    }
}
