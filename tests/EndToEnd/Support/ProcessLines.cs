using System.Threading.Channels;

namespace FlDurable.EndToEnd.Support;

/// <summary>The lines of a process's stdout or stderr, as they come.</summary>
internal sealed class ProcessLines
{
    private readonly Channel<string> lines = Channel.CreateUnbounded<string>();
    private readonly List<string> seen = [];
    private readonly Task reading;

    public ProcessLines(StreamReader reader) => reading = ReadAsync(reader);

    /// <summary>What came so far, with a line break between lines.</summary>
    public string Text
    {
        get
        {
            lock (seen)
                return string.Join('\n', seen);
        }
    }

    /// <summary>All of it, once there is no more.</summary>
    public async Task<string> AllAsync()
    {
        await reading;
        return Text;
    }

    /// <summary>Waits for a line that begins so, and returns it.</summary>
    public async Task<string> WaitForAsync(string beginning, TimeSpan patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            string line;
            try
            {
                line = await lines.Reader.ReadAsync(cancellationToken).AsTask().WaitAsync(patience, cancellationToken);
            }
            catch (ChannelClosedException)
            {
                throw new InvalidOperationException($"the process ended before it said '{beginning}': {Text}");
            }

            if (line.StartsWith(beginning, StringComparison.Ordinal))
                return line;
        }
    }

    private async Task ReadAsync(StreamReader reader)
    {
        try
        {
            while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
            {
                lock (seen)
                    seen.Add(line);
                lines.Writer.TryWrite(line);
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or IOException)
        {
            // The test has closed its end, so that the process writes to nobody.
        }

        lines.Writer.Complete();
    }
}
