using DurableTask.Core.Exceptions;
using Microsoft.Extensions.Logging;

namespace FlDurable.DurableTask.Hubs;

/// <summary>
/// Durable Task's logs without what it says of work that a worker hands back, which it calls an error and tells with its stack. It is none: the worker stops,
/// lacks something for a while, or leaves the work to workers of another version, and has said so itself.
/// </summary>
/// <param name="logs">Where the rest goes.</param>
internal sealed class HandBackLogs(ILoggerFactory logs) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Filter(logs.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => logs.AddProvider(provider);

    /// <summary>Nothing: the logs are their owner's.</summary>
    public void Dispose()
    {
    }

    private sealed class Filter(ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // What it logs of them has their text in place of the exception.
            if (logLevel >= LogLevel.Warning && (exception is SessionAbortedException || formatter(state, exception).Contains(nameof(SessionAbortedException), StringComparison.Ordinal)))
                return;
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
