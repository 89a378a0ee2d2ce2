using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Display;

/// <summary>Logs as lines on stderr, above what is being drawn.</summary>
internal static class TerminalLogs
{
    private const string MessageTemplate = "{OriginalFormat}";

    /// <summary>Lets logs be seen.</summary>
    /// <param name="services">The command's services.</param>
    /// <param name="terminal">Where.</param>
    /// <param name="settings">Which.</param>
    /// <param name="except">A category that the command shows in a way of its own, with all below it; null for none.</param>
    public static IServiceCollection AddTerminalLogs(this IServiceCollection services, Terminal terminal, LogSettings settings, string? except = null) => services
        .AddLogging(logs => logs.SetMinimumLevel(LogLevel.Trace).AddFilter<Provider>((category, level) => !IsOf(category, except) && settings.Takes(category, level)))
        .AddSingleton<ILoggerProvider>(provider => new Provider(terminal, settings.Format, provider.GetService<TimeProvider>() ?? TimeProvider.System));

    /// <summary>A line as a program reads it.</summary>
    internal static string AsJson(
        DateTimeOffset time, LogLevel level, string category, EventId eventId, string message, object? state, Exception? exception)
    {
        using var bytes = new MemoryStream();
        using (var line = new Utf8JsonWriter(bytes))
        {
            line.WriteStartObject();
            line.WriteString("time", Timestamp(time));
            line.WriteString("level", NameOf(level));
            line.WriteString("category", category);
            if (eventId.Name is { } name)
                line.WriteString("event", name);
            line.WriteString("message", message);
            if (state is IReadOnlyList<KeyValuePair<string, object?>> values && values.Any(value => value.Key != MessageTemplate))
            {
                line.WriteStartObject("values");
                foreach (var (key, value) in values.Where(value => value.Key != MessageTemplate))
                    WriteValue(line, JsonNamingPolicy.CamelCase.ConvertName(key), value);
                line.WriteEndObject();
            }

            if (exception is not null)
                line.WriteString("exception", exception.ToString());
            line.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>A line as a person reads it.</summary>
    internal static string AsText(DateTimeOffset time, LogLevel level, string category, string message, Exception? exception)
    {
        var reason = exception is null ? "" : $": {exception.Message}";
        return Printable.Line($"{Timestamp(time)} {NameOf(level)}: {category[(category.LastIndexOf('.') + 1)..]}: {message}{reason}");
    }

    private static bool IsOf(string? category, string? parent) =>
        parent is not null && category?.StartsWith(parent, StringComparison.Ordinal) == true && (category.Length == parent.Length || category[parent.Length] == '.');

    private static void WriteValue(Utf8JsonWriter line, string name, object? value)
    {
        switch (value)
        {
            case null:
                line.WriteNull(name);
                break;
            case bool flag:
                line.WriteBoolean(name, flag);
                break;
            case int or long or short or byte:
                line.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                line.WriteNumber(name, number);
                break;
            default:
                line.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static string Timestamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string NameOf(LogLevel level) => level.ToString().ToLowerInvariant();

    private sealed class Provider(Terminal terminal, LogFormat format, TimeProvider time) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new Logger(terminal, format, time, categoryName);

        public void Dispose()
        {
        }
    }

    private sealed class Logger(Terminal terminal, LogFormat format, TimeProvider time, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var (now, message) = (time.GetUtcNow(), formatter(state, exception));
            terminal.Note(format == LogFormat.Json
                ? AsJson(now, logLevel, category, eventId, message, state, exception)
                : AsText(now, logLevel, category, message, exception));
        }
    }
}
