using System.Text.Json;
using FlDurable.LocalHost.Display;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.LocalHost.Tests.Display;

public sealed partial class TerminalLogsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 6, 0, 0, 250, TimeSpan.FromHours(1));

    [Fact]
    public void A_line_for_a_person_has_time_level_and_place_and_is_one_line()
    {
        var lines = Log(new LogSettings(LogLevel.Information), "FlDurable.Engine", logger => LogRound(logger, "first\n2026-11-29T05:00:00.000Z error: Engine: forged", 3, 0.5));

        Assert.Equal(["2026-11-29T05:00:00.250Z warning: Engine: first 2026-11-29T05:00:00.000Z error: Engine: forged, round 3: 0.5"], lines);
    }

    [Fact]
    public void A_line_for_a_program_is_one_object_with_the_values_by_name()
    {
        var line = Assert.Single(Log(new LogSettings(LogLevel.Information, LogFormat.Json), "FlDurable.Engine", logger => LogRound(logger, "fir\u001bst\n", 3, double.NaN)));

        Assert.True(line.All(character => character is >= ' ' and <= '~'));
        var told = JsonDocument.Parse(line).RootElement;
        Assert.Equal(
            ("2026-11-29T05:00:00.250Z", "warning", "FlDurable.Engine", "Told"),
            (told.GetProperty("time").GetString(), told.GetProperty("level").GetString(), told.GetProperty("category").GetString(), told.GetProperty("event").GetString()));
        Assert.Equal("fir\u001bst\n, round 3: NaN", told.GetProperty("message").GetString());
        var values = told.GetProperty("values");
        Assert.Equal(("fir\u001bst\n", 3, "NaN"), (values.GetProperty("federation").GetString(), values.GetProperty("round").GetInt32(), values.GetProperty("loss").GetString()));
        Assert.Equal(3, values.EnumerateObject().Count());
    }

    [Theory]
    [InlineData(LogLevel.Information, "FlDurable.Engine", LogLevel.Information, true)]
    [InlineData(LogLevel.Information, "FlDurable.Engine", LogLevel.Debug, false)]
    [InlineData(LogLevel.Information, "Microsoft.AspNetCore.Hosting", LogLevel.Information, false)]
    [InlineData(LogLevel.Information, "Microsoft.AspNetCore.Hosting", LogLevel.Warning, true)]
    [InlineData(LogLevel.Debug, "Microsoft.AspNetCore.Hosting", LogLevel.Debug, true)]
    [InlineData(LogLevel.Error, "FlDurable.Engine", LogLevel.Warning, false)]
    public void Of_others_than_our_own_only_warnings_are_written_unless_more_is_asked_for(LogLevel least, string category, LogLevel level, bool isWritten) =>
        Assert.Equal(isWritten, Log(new LogSettings(least), category, logger => logger.Log(level, "told")).Count == 1);

    private static List<string> Log(LogSettings settings, string category, Action<ILogger> log)
    {
        var error = new StringWriter();
        using var services = new ServiceCollection()
            .AddSingleton<TimeProvider>(new FakeTimeProvider(Now))
            .AddTerminalLogs(new Terminal(new StringWriter(), error, outputIsTerminal: false, errorIsTerminal: false), settings)
            .BuildServiceProvider();
        log(services.GetRequiredService<ILoggerFactory>().CreateLogger(category));
        return [.. error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)];
    }

    [LoggerMessage(EventName = "Told", Level = LogLevel.Warning, Message = "{Federation}, round {Round}: {Loss}")]
    private static partial void LogRound(ILogger logger, string federation, int round, double loss);
}
