using System.Text;

namespace FlDurable.LocalHost.Display;

/// <summary>Lets only <see cref="Printable.Text"/> through.</summary>
internal sealed class PrintableWriter(TextWriter inner) : TextWriter(inner.FormatProvider)
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => inner.Write(Printable.Text(value.ToString()));

    public override void Write(char[] buffer, int index, int count) => inner.Write(Printable.Text(new string(buffer, index, count)));

    public override void Write(string? value) => inner.Write(value is null ? null : Printable.Text(value));

    public override void WriteLine() => inner.WriteLine();

    public override void WriteLine(string? value) => inner.WriteLine(value is null ? null : Printable.Text(value));

    public override void Flush() => inner.Flush();
}
