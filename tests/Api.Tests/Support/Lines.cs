using System.Threading.Channels;

namespace FlDurable.Api.Tests.Support;

/// <summary>What is written, a line at a time as it comes.</summary>
internal sealed class Lines : StringWriter
{
    private readonly Channel<string> lines = Channel.CreateUnbounded<string>();

    public string Text => ToString();

    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        lines.Writer.TryWrite(value ?? "");
    }

    /// <summary>Waits for the next line that begins so.</summary>
    public async Task<string> NextAsync(string beginning)
    {
        while (true)
        {
            var line = await lines.Reader.ReadAsync(TestContext.Current.CancellationToken);
            if (line.StartsWith(beginning, StringComparison.Ordinal))
                return line;
        }
    }
}
