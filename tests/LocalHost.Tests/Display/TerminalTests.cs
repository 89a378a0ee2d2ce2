using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Tests.Support;

namespace FlDurable.LocalHost.Tests.Display;

public sealed class TerminalTests
{
    [Theory]
    [InlineData("a\u001b[2Jb", "a?[2Jb")]
    [InlineData("bell\a and back\b", "bell? and back?")]
    [InlineData("\u009b31m", "?31m")] // the same in one character
    [InlineData("a\u007fb", "a?b")]
    [InlineData("evil\u202Egnp.exe", "evil?gnp.exe")]
    [InlineData("turn\u2066ed", "turn?ed")]
    [InlineData("mark\u200Fed", "mark?ed")]
    [InlineData("a\u2028b", "a?b")]
    [InlineData("Grüße, 猫\tund\nmehr", "Grüße, 猫\tund\nmehr")]
    public void What_a_terminal_would_act_on_is_not_passed_on(string text, string seen)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var terminal = Of(output, error);

        terminal.Output.Write(text);
        terminal.Error.Write(text);
        terminal.Output.WriteLine(text);
        terminal.Note(text);

        Assert.Equal(seen + seen + Environment.NewLine, output.ToString());
        Assert.Equal(seen + seen + Environment.NewLine, error.ToString());
    }

    [Theory]
    [InlineData("one\ntwo\r\nthree", "one two three")]
    [InlineData("a\u001b[1Ab", "a?[1Ab")]
    public void A_reason_has_one_line(string text, string line) => Assert.Equal(line, Printable.Line(text));

    [Fact]
    public void What_can_not_be_written_is_remembered_and_nothing_more_is_tried()
    {
        using var full = new FullWriter(after: 1);
        var terminal = Of(full, new StringWriter());

        terminal.Output.WriteLine("one");
        Assert.Null(terminal.OutputFailure);
        terminal.Output.WriteLine("two");
        terminal.OutputConsole.Write(new Spectre.Console.Text("three"));

        Assert.Equal((FullWriter.Reason, 2), (terminal.OutputFailure, full.Tries));
    }

    [Fact]
    public void Stderr_that_can_not_be_written_keeps_no_result_from_its_place()
    {
        var output = new StringWriter();
        using var full = new FullWriter(after: 0);
        var terminal = Of(output, full);

        terminal.Error.WriteLine("note");
        terminal.Output.Write("result");

        Assert.Equal(("result", null), (output.ToString(), terminal.OutputFailure));
    }

    private static Terminal Of(TextWriter output, TextWriter error) => new(output, error, outputIsTerminal: false, errorIsTerminal: false);
}
