using System.Text;

namespace FlDurable.LocalHost.Display;

/// <summary>
/// Text for a place that may stop taking it: a closed pipe, a full disk. What is being done matters more than what is told of it, so
/// that the failure is kept for the end and everything after it is left out.
/// </summary>
internal sealed class GuardedWriter(TextWriter inner) : TextWriter(inner.FormatProvider)
{
    private readonly Lock gate = new();
    private volatile string? failure;

    /// <summary>Why something could not be written; null as long as everything was.</summary>
    public string? Failure => failure;

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void WriteLine() => Try(inner.WriteLine);

    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override void Flush() => Try(inner.Flush);

    /// <summary>Does something else that may fail as writing does.</summary>
    public void Try(Action write)
    {
        lock (gate)
        {
            if (failure is not null)
                return;
            try
            {
                write();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                failure = exception.Message;
            }
        }
    }
}
