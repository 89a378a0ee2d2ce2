using Spectre.Console;
using Spectre.Console.Rendering;

namespace FlDurable.LocalHost.Display;

/// <summary>
/// Where a command writes: results to <see cref="Output"/>, everything about how it goes to <see cref="Error"/>. Neither throws when it
/// can't be written, and neither passes on what a terminal takes for a command.
/// </summary>
internal sealed class Terminal
{
    // Wide enough for every table: what is redirected is not cut at a screen's edge.
    private const int RedirectedWidth = 160;

    private readonly Stream bytes;
    private readonly bool outputIsTerminal;
    private readonly bool errorIsTerminal;
    private readonly Lazy<IAnsiConsole> outputConsole;
    private readonly Lazy<IAnsiConsole> errorConsole;
    private volatile IAnsiConsole? live;

    /// <param name="output">Takes results.</param>
    /// <param name="error">Takes everything else.</param>
    /// <param name="outputIsTerminal">Whether a person reads the results while they come.</param>
    /// <param name="errorIsTerminal">Whether a person reads the rest.</param>
    /// <param name="bytes">Takes results that are no text, at the same place as <paramref name="output"/>; null where none are expected.</param>
    public Terminal(TextWriter output, TextWriter error, bool outputIsTerminal, bool errorIsTerminal, Stream? bytes = null)
    {
        GuardedOutput = new GuardedWriter(output);
        GuardedError = new GuardedWriter(error);
        this.bytes = bytes ?? Stream.Null;
        this.outputIsTerminal = outputIsTerminal;
        this.errorIsTerminal = errorIsTerminal;
        Output = new PrintableWriter(GuardedOutput);
        Error = new PrintableWriter(GuardedError);
        outputConsole = new(() => CreateConsole(GuardedOutput, outputIsTerminal));
        errorConsole = new(() => CreateConsole(GuardedError, errorIsTerminal));
    }

    /// <param name="fileMode">The permissions of new files that the user names; null for those that the process gives.</param>
    public static Terminal OfThisProcess(UnixFileMode? fileMode)
    {
        var (bytes, output) = StandardStream.OpenOutput();
        var (_, error) = StandardStream.OpenError();
        return new(output, error, !Console.IsOutputRedirected, !Console.IsErrorRedirected, bytes) { FileMode = fileMode };
    }

    public TextWriter Output { get; }

    private GuardedWriter GuardedOutput { get; }

    private GuardedWriter GuardedError { get; }

    public TextWriter Error { get; }

    /// <summary>Whether nothing is told of how it goes.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>The permissions of new files that the user names; null for those that the process gives.</summary>
    public UnixFileMode? FileMode { get; private init; }

    /// <summary>Why a result could not be written; null as long as everything was. What went to <see cref="Error"/> is no result.</summary>
    public string? OutputFailure => GuardedOutput.Failure;

    /// <summary><see cref="Output"/> for tables. What comes from others is to be <see cref="Printable"/> before it is put in one.</summary>
    public IAnsiConsole OutputConsole => outputConsole.Value;

    /// <summary>Writes a result that is no text.</summary>
    public void Write(ReadOnlyMemory<byte> content) => GuardedOutput.Try(() => bytes.Write(content.Span));

    /// <summary>A screen that can be drawn over, or null: where progress is shown.</summary>
    /// <param name="outputIsTaken">Whether <see cref="Output"/> must hold nothing but the result.</param>
    public IAnsiConsole? Screen(bool outputIsTaken)
    {
        if (IsQuiet || !(outputIsTaken ? errorIsTerminal : outputIsTerminal))
            return null;
        var console = outputIsTaken ? errorConsole.Value : outputConsole.Value;
        return console.Profile.Capabilities.Ansi ? console : null;
    }

    /// <summary>Where it is told how it goes.</summary>
    /// <param name="outputIsTaken">Whether <see cref="Output"/> must hold nothing but the result.</param>
    public TextWriter News(bool outputIsTaken) => IsQuiet ? TextWriter.Null : outputIsTaken ? Error : Output;

    /// <summary>Tells a person something, above what is being drawn.</summary>
    public void Note(string line)
    {
        if (IsQuiet)
            return;
        if (live is { } screen)
            screen.Write(new ClearedLine(Printable.Line(line)));
        else
            Error.WriteLine(line);
    }

    /// <summary>Lets notes go above what is drawn on a screen, until disposed of.</summary>
    public IDisposable NotesAbove(IAnsiConsole screen)
    {
        live = screen;
        return new Drawing(this);
    }

    /// <summary>Leaves the screen in order when the process is about to be ended, or held, without being asked.</summary>
    public void Abandon() => live?.Cursor.Show();

    /// <summary>Draws on after the process was held, below what the shell has written meanwhile.</summary>
    public void TakeBack()
    {
        if (live is not { } screen)
            return;
        const int linesDrawn = 3;
        for (var line = 0; line < linesDrawn; line++)
            screen.WriteLine();
        screen.Cursor.Hide();
    }

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
