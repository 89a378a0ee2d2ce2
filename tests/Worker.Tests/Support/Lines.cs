using System.Text;

namespace FlDurable.Worker.Tests.Support;

/// <summary>What is written, which can be read while it is written on.</summary>
internal sealed class Lines : TextWriter
{
    private readonly Lock gate = new();
    private readonly StringBuilder text = new();

    public override Encoding Encoding => Encoding.Unicode;

    public override void Write(char value)
    {
        lock (gate)
            text.Append(value);
    }

    public override void Write(string? value)
    {
        lock (gate)
            text.Append(value);
    }

    public override void WriteLine(string? value) => Write(value + NewLine);

    public override string ToString()
    {
        lock (gate)
            return text.ToString();
    }
}
