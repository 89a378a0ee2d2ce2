using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace FlDurable.Bench.Serving;

/// <summary>How long a server lets callers wait while it trains: many federations at a time, each call's waits in percentiles.</summary>
internal static class ServingBench
{
    private const int RoundsToRead = 50;
    private const int ClientsEvery = 5;

    private static readonly double[] Shares = [0.5, 0.9, 0.99];

    public static Command Command()
    {
        var url = new Option<string>("--url") { Description = "The server, such as http://127.0.0.1:7071", Required = true };
        var keyFile = new Option<FileInfo?>("--key-file") { Description = "The file with its key" };
        var federations = new Option<int>("--federations") { Description = "Federations that are started before it is measured", DefaultValueFactory = _ => 200 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds of each", DefaultValueFactory = _ => 100 };
        var seconds = new Option<int>("--seconds") { Description = "How long it is measured", DefaultValueFactory = _ => 30 };
        var callers = new Option<int>("--callers") { Description = "Callers at a time; each asks ten times a second", DefaultValueFactory = _ => 4 };
        var readers = new Option<int>("--readers") { Description = "Readers of one federation, each of which asks once a second as the dashboard does of one whose rounds go on: what they cost the server is measured instead" };
        var process = new Option<int>("--process") { Description = "With --readers: the server's process, on this machine" };
        var command = new Command("serving", "How long a server lets callers wait while it trains") { url, keyFile, federations, rounds, seconds, callers, readers, process };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var http = new HttpClient { BaseAddress = new Uri(parsed.GetRequiredValue(url)), Timeout = TimeSpan.FromMinutes(2) };
            if (parsed.GetValue(keyFile) is { } file)
                http.DefaultRequestHeaders.Add("x-functions-key", (await File.ReadAllTextAsync(file.FullName, cancellationToken)).Trim());
            if (parsed.GetValue(readers) is > 0 and var many)
            {
                await MeasureReadersAsync(http, many, parsed.GetValue(process), TimeSpan.FromSeconds(parsed.GetValue(seconds)), cancellationToken);
                return;
            }

            var ids = await StartAsync(http, parsed.GetValue(federations), parsed.GetValue(rounds), cancellationToken);
            await MeasureAsync(http, ids, parsed.GetValue(callers), TimeSpan.FromSeconds(parsed.GetValue(seconds)), cancellationToken);
        });
        return command;
    }

    private static async Task<IReadOnlyList<string>> StartAsync(HttpClient http, int federations, int rounds, CancellationToken cancellationToken)
    {
        var (ids, batch, started) = (new List<string>(), Guid.NewGuid().ToString("N")[..8], Stopwatch.StartNew());
        for (var number = 0; number < federations; number++)
        {
            var spec = new { id = string.Create(CultureInfo.InvariantCulture, $"serving-{batch}-{number}"), data = "synthetic:train=2000,test=200", clients = 5, rounds, seed = number };
            using var answer = await http.PostAsJsonAsync("api/federations", spec, cancellationToken);
            answer.EnsureSuccessStatusCode();
            ids.Add(spec.id);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{federations} federations started in {started.Elapsed.TotalSeconds:0.0} s"));
        return ids;
    }

    private static async Task MeasureAsync(HttpClient http, IReadOnlyList<string> ids, int callers, TimeSpan time, CancellationToken cancellationToken)
    {
        var before = await RecordedAsync(http, ids, cancellationToken);
        var calls = new (string What, Func<int, string> Path)[]
        {
            ("status", turn => $"api/federations/{ids[turn % ids.Count]}?rounds=0"), ("list", _ => "api/federations?order=newest&pageSize=50"), ("/metrics", _ => "metrics"),
            ("/health/ready", _ => "health/ready"),
        };
        var waits = calls.Select(_ => new List<double>()).ToArray();
        var begun = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(CallAsync, cancellationToken)));
        var rounds = await RecordedAsync(http, ids, cancellationToken) - before;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rounds} rounds were recorded meanwhile, {rounds / begun.Elapsed.TotalSeconds:0.0} a second"));
        Console.WriteLine("                 calls   median      p90      p99  longest");
        foreach (var ((what, _), of) in calls.Zip(waits))
        {
            of.Sort();
            var percentiles = Shares.Append(1).Select(share => of[Math.Min(of.Count - 1, (int)(share * of.Count))].ToString("0.0", CultureInfo.InvariantCulture).PadLeft(6));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-15} {of.Count,6} {string.Join(" ", percentiles.Select(one => $"{one} ms"))}"));
        }

        async Task CallAsync()
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            for (var turn = Random.Shared.Next(ids.Count); begun.Elapsed < time; turn++)
            {
                var call = turn % 10 is var one && one < 7 ? 0 : one - 6; // mostly what a page asks each second
                var asked = Stopwatch.GetTimestamp();
                using (var answer = await http.GetAsync(calls[call].Path(turn), cancellationToken))
                {
                    await answer.Content.ReadAsByteArrayAsync(cancellationToken);
                    answer.EnsureSuccessStatusCode();
                }

                lock (waits[call])
                    waits[call].Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                await pace.WaitForNextTickAsync(cancellationToken);
            }
        }
    }

    /// <summary>What readers cost while nothing is trained: processor time of the server with them, without that without them.</summary>
    private static async Task MeasureReadersAsync(HttpClient http, int readers, int process, TimeSpan time, CancellationToken cancellationToken)
    {
        var id = (await StartAsync(http, federations: 1, rounds: 10_000, cancellationToken))[0];
        while (await RecordedAsync(http, [id], cancellationToken) < RoundsToRead)
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        (await http.PostAsync($"api/federations/{id}/suspend", content: null, cancellationToken)).EnsureSuccessStatusCode();
        await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken); // until what was begun has ended
        http.DefaultRequestHeaders.AcceptEncoding.ParseAdd("gzip, deflate, br");
        using var server = Process.GetProcessById(process);
        await SpendAsync(readers, TimeSpan.FromSeconds(2)); // what is compiled at first is not counted
        var alone = await SpendAsync(0, time);
        var (seconds, answers, bytes) = await SpendAsync(readers, time);
        var share = (seconds - alone.Seconds) / time.TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{readers} readers, each once a second: {share:P1} of a core, {(seconds - alone.Seconds) / answers * 1e6:0} µs and {bytes / answers} bytes an answer; without them {alone.Seconds / time.TotalSeconds:P1}"));
        (await http.PostAsync($"api/federations/{id}/terminate", content: null, cancellationToken)).EnsureSuccessStatusCode();

        async Task<(double Seconds, int Answers, long Bytes)> SpendAsync(int many, TimeSpan span)
        {
            server.Refresh();
            var (before, answers, bytes) = (server.TotalProcessorTime, 0, 0L);
            await Task.WhenAll(Enumerable.Range(0, many).Select(number => ReadAsync(span * ((double)number / many))).Append(Task.Delay(span, cancellationToken)));
            server.Refresh();
            return ((server.TotalProcessorTime - before).TotalSeconds, answers, bytes);

            async Task ReadAsync(TimeSpan offset)
            {
                var (begun, first, turn) = (Stopwatch.GetTimestamp(), TimeSpan.FromSeconds(offset.TotalSeconds % 1), (int)offset.TotalSeconds);
                for (var at = first; at < span; at += TimeSpan.FromSeconds(1), turn++)
                {
                    if (at - Stopwatch.GetElapsedTime(begun) is { Ticks: > 0 } left)
                        await Task.Delay(left, cancellationToken);
                    await AskAsync($"api/federations/{id}?rounds=0");
                    if (turn % ClientsEvery == 0)
                        await AskAsync($"api/federations/{id}/clients?rounds=100&clients=24");
                }
            }

            async Task AskAsync(string path)
            {
                using var answer = await http.GetAsync(path, cancellationToken);
                answer.EnsureSuccessStatusCode();
                Interlocked.Add(ref bytes, (await answer.Content.ReadAsByteArrayAsync(cancellationToken)).Length);
                Interlocked.Increment(ref answers);
            }
        }
    }

    /// <summary>How many rounds all federations have recorded.</summary>
    private static async Task<int> RecordedAsync(HttpClient http, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var prefix = ids[0][..(ids[0].LastIndexOf('-') + 1)];
        var list = await http.GetFromJsonAsync<JsonElement>($"api/federations?idPrefix={prefix}&pageSize=1000", cancellationToken);
        return list.GetProperty("federations").EnumerateArray().Sum(one => one.TryGetProperty("progress", out var progress) ? Math.Max(0, progress.GetProperty("round").GetInt32()) : 0);
    }
}
