using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Display;

/// <summary>Logs as lines for a person, above what is being drawn.</summary>
internal static class TerminalLogs
{
    /// <summary>Lets logs of a level and above be seen.</summary>
    public static IServiceCollection AddTerminalLogs(this IServiceCollection services, Terminal terminal, LogLevel least) =>
        services.AddLogging(logs => logs.SetMinimumLevel(least).AddProvider(new Provider(terminal)));

    private sealed class Provider(Terminal terminal) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new Logger(terminal, categoryName);

        public void Dispose()
        {
        }
    }

    private sealed class Logger(Terminal terminal, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var reason = exception is null ? "" : $": {exception.Message}";
            terminal.Note($"{logLevel.ToString().ToLowerInvariant()}: {category[(category.LastIndexOf('.') + 1)..]}: {formatter(state, exception)}{reason}");
        }
    }
}
