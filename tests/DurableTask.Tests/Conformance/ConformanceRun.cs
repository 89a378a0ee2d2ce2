using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using FlDurable.Durable.Conformance;
using FlDurable.DurableTask.Tests.Support;

namespace FlDurable.DurableTask.Tests.Conformance;

/// <summary>
/// Plays the whole suite on every engine once, all of it at the same time, and writes the outcome as a table to <c>conformance.txt</c> beside
/// the tests, where CI prints it.
/// </summary>
public sealed class ConformanceRun(StorageFixture storage) : IAsyncLifetime
{
    private static readonly string Table = Path.Combine(AppContext.BaseDirectory, "conformance.txt");

    private readonly ConcurrentDictionary<(string Engine, string Case), (Exception? Failure, TimeSpan Took)> outcomes = new();

    /// <summary>What went wrong with a case; null if nothing did.</summary>
    public Exception? Failure(string engine, string name) => outcomes[(engine, name)].Failure;

    public async ValueTask InitializeAsync()
    {
        await Task.WhenAll(EnginesUnderTest.Names.Select(PlayAsync));
        await File.WriteAllTextAsync(Table, Write());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // Cases that stop the engine have one of their own.
    private async Task PlayAsync(string engine)
    {
        var restarting = ConformanceSuite.Cases.Where(each => each.Restarts).ToList();
        await Task.WhenAll([PlayAsync(engine, [.. ConformanceSuite.Cases.Except(restarting)]), .. restarting.Select(each => PlayAsync(engine, [each]))]);
    }

    private async Task PlayAsync(string engine, IReadOnlyList<ConformanceCase> cases)
    {
        await using var host = await EnginesUnderTest.StartAsync(engine, storage);
        await Task.WhenAll(cases.Select(async each => outcomes[(engine, each.Name)] = await PlayAsync(host, each)));
    }

    private static async Task<(Exception? Failure, TimeSpan Took)> PlayAsync(EngineHost host, ConformanceCase each)
    {
        var started = Stopwatch.GetTimestamp();
        Exception? failure = null;
        try
        {
            await each.RunAsync(host, each.Name);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        return (failure, Stopwatch.GetElapsedTime(started));
    }

    private string Write()
    {
        var (first, width) = (ConformanceSuite.Cases.Max(each => each.Name.Length), EnginesUnderTest.Names.Max(name => name.Length));
        var table = new StringBuilder().AppendLine(Line("", EnginesUnderTest.Names));
        foreach (var each in ConformanceSuite.Cases)
        {
            table.AppendLine(Line(each.Name, EnginesUnderTest.Names.Select(engine =>
            {
                var (failure, took) = outcomes[(engine, each.Name)];
                return string.Create(CultureInfo.InvariantCulture, $"{(failure is null ? "conforms" : "FAILS")} {took.TotalSeconds,5:0.0} s");
            })));
        }

        return table.ToString();

        string Line(string name, IEnumerable<string> cells) => $"{name.PadRight(first)}  {string.Join("  ", cells.Select(cell => cell.PadRight(width)))}".TrimEnd();
    }
}
