using System.CommandLine;
using System.Diagnostics;
using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Json;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Bench;

/// <summary>
/// What durability costs: no-op activities in one fan-out, one after another, and in 1,000 rounds that each continue as new. All of it
/// is committed to a database on the disk that holds the temporary folder (TMPDIR).
/// </summary>
internal sealed class EngineBenchmark : IAsyncDisposable
{
    private const int FanOut = 10_000;
    private const int Sequence = 1_000;
    private const int Rounds = 1_000;

    // Ten rounds take some ten milliseconds, in which a disk may do anything once.
    private const int Repetitions = 5;

    private static readonly OrchestratorDescriptor<int, int> RoundsFrom = new("RoundsFrom");

    private readonly Ends ends = new();
    private readonly long[] roundStarted = new long[Rounds + 1];
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fldurable-bench-");
    private readonly ServiceProvider services;

    private EngineBenchmark() => services = new ServiceCollection()
        .AddNoOpWork(ends)
        .AddOrchestratorFunc(RoundsFrom, async (context, round) =>
        {
            if (!context.IsReplaying)
                roundStarted[round] = Stopwatch.GetTimestamp();
            if (round == Rounds)
            {
                ends.Tell(context.InstanceId);
                return round;
            }

            await NoOpWork.RunRoundAsync(context, round);
            context.ContinueAsNew(round + 1);
            return round;
        })
        .AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = folder.FullName })
        .BuildServiceProvider();

    public static Command Command()
    {
        var json = new Option<bool>("--json") { Description = "One JSON document instead of a table" };
        var hub = new Option<bool>("--hub") { Description = "The embedded engine beside a task hub, in memory and, if --storage names an account, in Azure Storage" };
        var storage = new Option<string?>("--storage") { Description = "The account's connection string; UseDevelopmentStorage=true is Azurite on this machine" };
        var command = new Command("engine", "What a durable activity costs in the embedded engine, or on a task hub") { json, hub, storage };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(hub))
                return await RunHubAsync(parsed.GetValue(storage), parsed.GetValue(json), cancellationToken);

            var result = await MeasureAsync(cancellationToken);
            Console.WriteLine(parsed.GetValue(json) ? ContractJson.Serialize(result) : result.ToTable());
            return 0;
        });
        return command;
    }

    private static async Task<int> RunHubAsync(string? account, bool json, CancellationToken cancellationToken)
    {
        try
        {
            var figures = await HubBenchmark.RunAsync(account, cancellationToken);
            Console.WriteLine(json ? ContractJson.Serialize(figures) : HubFigures.ToTable(figures));
            return 0;
        }
        catch (TaskHubException exception)
        {
            await Console.Error.WriteLineAsync($"--storage: {exception.Message}");
            return 2;
        }
    }

    /// <summary>Measures the embedded engine.</summary>
    public static async Task<EngineBenchmarkResult> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var benchmark = new EngineBenchmark();
        return await benchmark.RunAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private async Task<EngineBenchmarkResult> RunAsync(CancellationToken cancellationToken)
    {
        await services.GetRequiredService<EmbeddedEngineHost>().StartAsync(cancellationToken);
        await TimeAsync(NoOpWork.FanOutOf, 100, "warm-up", cancellationToken);
        await TimeAsync(RoundsFrom, Rounds - 50, "warm-up-rounds", cancellationToken);
        var fanOut = await TimeAsync(NoOpWork.FanOutOf, FanOut, "fan-out", cancellationToken);
        var sequence = await TimeAsync(NoOpWork.SequenceOf, Sequence, "sequence", cancellationToken);
        var first = new List<double>();
        var last = new List<double>();
        for (var repetition = 0; repetition < Repetitions; repetition++)
        {
            await TimeAsync(RoundsFrom, 0, $"rounds-{repetition}", cancellationToken);
            first.Add(Stopwatch.GetElapsedTime(roundStarted[0], roundStarted[10]).TotalMilliseconds);
            last.Add(Stopwatch.GetElapsedTime(roundStarted[Rounds - 10], roundStarted[Rounds]).TotalMilliseconds);
        }

        return new EngineBenchmarkResult(
            FanOut, Rounded(fanOut.TotalMicroseconds / FanOut), Rounded(sequence.TotalMicroseconds / Sequence), Rounded(Median(first)),
            Rounded(Median(last)), Rounded(Environment.WorkingSet / 1e6));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private Task<TimeSpan> TimeAsync(
        OrchestratorDescriptor<int, int> orchestrator, int input, string instanceId, CancellationToken cancellationToken) =>
        NoOpWork.TimeAsync(services.GetRequiredService<IOrchestrationClient>(), orchestrator, input, instanceId, ends, cancellationToken);

    private static double Rounded(double value) => Math.Round(value, 1);
}

/// <summary>The figures.</summary>
/// <param name="Activities">Activities in the fan-out.</param>
/// <param name="MicrosecondsPerActivity">Of the fan-out.</param>
/// <param name="SequentialMicroseconds">An activity, when each waits for the one before.</param>
/// <param name="RoundsFirst10Milliseconds">The first ten of a thousand rounds of ten activities, the median of five times.</param>
/// <param name="RoundsLast10Milliseconds">The last ten, likewise.</param>
/// <param name="ResidentMegabytes">The process's memory at the end, in 10⁶ bytes.</param>
internal sealed record EngineBenchmarkResult(
    int Activities, double MicrosecondsPerActivity, double SequentialMicroseconds, double RoundsFirst10Milliseconds,
    double RoundsLast10Milliseconds, double ResidentMegabytes)
{
    public string ToTable() =>
        $"""
        fan-out of {Activities:N0} no-op activities   {MicrosecondsPerActivity,8:F1} µs each   (limit 200)
        one after another                  {SequentialMicroseconds,8:F1} µs each   (limit 2,000)
        rounds 1–10 of 1,000               {RoundsFirst10Milliseconds,8:F1} ms
        rounds 991–1,000                   {RoundsLast10Milliseconds,8:F1} ms        (limit 1.3 times the first)
        resident                           {ResidentMegabytes,8:F1} MB
        """;
}
