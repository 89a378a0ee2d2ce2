using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace FlDurable.Bench.Workers;

/// <summary>A server in a process of its own, on loopback, without a key of its own; workers' keys are made for it.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly DirectoryInfo folder;
    private readonly HttpClient http;

    private BenchServer(DirectoryInfo folder, ProgramProcess process, Uri address)
    {
        this.folder = folder;
        Process = process;
        Address = address;
        http = new HttpClient { BaseAddress = address };
    }

    /// <summary>The process.</summary>
    public ProgramProcess Process { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts one.</summary>
    public static async Task<BenchServer> StartAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fldurable-bench-");
        var process = ProgramProcess.Start(
            Path.Combine(folder.FullName, "cache"), "listening on ", "serve", "--no-auth", "--urls", "http://127.0.0.1:0", "--log-level", "warning", "--state", Path.Combine(folder.FullName, "server"));
        var listening = await process.ReadyAsync(cancellationToken);
        return new BenchServer(folder, process, new Uri(listening.Split(' ')[2].TrimEnd(',')));
    }

    /// <summary>A folder of its own for somebody.</summary>
    public string InFolder(string name) => Path.Combine(folder.FullName, name);

    /// <summary>Adds a site.</summary>
    /// <returns>The file with its key.</returns>
    public Task<string> AddSiteAsync(string name, CancellationToken cancellationToken) => AddKeyAsync("api/sites", name, cancellationToken);

    /// <summary>Makes a key of the pool.</summary>
    /// <returns>The file with it.</returns>
    public Task<string> AddToPoolAsync(string name, CancellationToken cancellationToken) => AddKeyAsync("api/pool/keys", name, cancellationToken);

    /// <summary>Starts a worker in a process of its own, and waits until it asks.</summary>
    public async Task<ProgramProcess> WorkAsync(string name, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var worker = ProgramProcess.Start(
            InFolder("cache"), "asking ",
            ["work", "--server", Address.AbsoluteUri, "--engine", "no-op", "--log-level", "warning", "--state", InFolder($"work-{name}"), .. arguments]);
        await worker.ReadyAsync(cancellationToken);
        return worker;
    }

    /// <summary>Starts a federation.</summary>
    public async Task StartFederationAsync(JsonObject spec, CancellationToken cancellationToken)
    {
        using var started = await http.PostAsJsonAsync("api/federations", spec, cancellationToken);
        if (!started.IsSuccessStatusCode)
            throw new InvalidOperationException($"the federation was not started: {await started.Content.ReadAsStringAsync(cancellationToken)}");
    }

    /// <summary>Runs a federation.</summary>
    /// <returns>How long each round took, in milliseconds.</returns>
    /// <exception cref="InvalidOperationException">It did not complete.</exception>
    public async Task<IReadOnlyList<double>> RunAsync(JsonObject spec, CancellationToken cancellationToken)
    {
        await StartFederationAsync(spec, cancellationToken);
        var id = (string)spec["id"]!;
        await UntilAsync($"api/federations/{id}?rounds=0", federation => (string?)federation["status"] switch
        {
            "completed" => true,
            "failed" or "terminated" => throw new InvalidOperationException($"the federation ended: {federation["failure"]}"),
            _ => false,
        }, cancellationToken);
        var rounds = new List<double>();
        for (var round = 1; round <= (int)spec["rounds"]!; round++)
        {
            var record = (await http.GetFromJsonAsync<JsonObject>(FormattableString.Invariant($"api/federations/{id}/rounds/{round}"), cancellationToken))!;
            if (record["failures"]!.AsArray().Count > 0)
                throw new InvalidOperationException($"round {round} has failures: {record["failures"]}");
            rounds.Add(1_000 * (double)record["seconds"]!);
        }

        return rounds;
    }

    /// <summary>Waits until something holds of what is answered.</summary>
    /// <exception cref="TimeoutException">It never did.</exception>
    public async Task UntilAsync(string path, Func<JsonObject, bool> holds, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            while (!holds((await http.GetFromJsonAsync<JsonObject>(path, patience.Token))!))
                await Task.Delay(Look, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{path} does not become what it is to be");
        }
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Process.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private async Task<string> AddKeyAsync(string path, string name, CancellationToken cancellationToken)
    {
        using var added = await http.PostAsJsonAsync(path, new { name }, cancellationToken);
        added.EnsureSuccessStatusCode();
        var file = InFolder($"{name}.key");
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var writer = new StreamWriter(file, options);
        await writer.WriteAsync((string)(await added.Content.ReadFromJsonAsync<JsonObject>(cancellationToken))!["key"]!);
        return file;
    }
}
