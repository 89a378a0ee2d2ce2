using System.Text;

namespace FlDurable.LocalHost.Tests.Support;

/// <summary>A place that is full after some writes.</summary>
internal sealed class FullWriter(int after) : TextWriter
{
    public const string Reason = "No space left on device";

    public int Tries { get; private set; }

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Fill();

    public override void Write(string? value) => Fill();

    public override void WriteLine(string? value) => Fill();

    private void Fill()
    {
        if (++Tries > after)
            throw new IOException(Reason);
    }
}
