using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine.Turns;

/// <summary>Says each thing once, however often the code that says it is replayed.</summary>
internal sealed class ReplaySafeLogger(ILogger inner, Func<bool> isReplaying) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => !isReplaying() && inner.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!isReplaying())
            inner.Log(logLevel, eventId, state, exception, formatter);
    }
}
