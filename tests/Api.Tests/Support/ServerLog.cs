using System.Text;

namespace FlDurable.Api.Tests.Support;

/// <summary>What a server writes, which is read while it writes on.</summary>
internal sealed class ServerLog : TextWriter
{
    private readonly Lock gate = new();
    private readonly StringBuilder text = new();

    public override Encoding Encoding => Encoding.Unicode;

    public override void Write(char value)
    {
        lock (gate)
            text.Append(value);
    }

    public override void Write(char[] buffer, int index, int count)
    {
        lock (gate)
            text.Append(buffer, index, count);
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
