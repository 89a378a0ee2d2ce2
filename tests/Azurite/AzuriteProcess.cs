using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace FlDurable.Azurite;

/// <summary>Azurite as a child process on a temporary folder. It ends with this process, however that ends.</summary>
internal sealed partial class AzuriteProcess(string package) : IStorageEmulator
{
    private readonly string data = Directory.CreateTempSubdirectory("fldurable-azurite-").FullName;
    private AzuritePorts ports = new(0, 0, 0);
    private Process? process;

    public string ConnectionString => DevelopmentAccount.Own.ConnectionString("127.0.0.1", ports);

    public string AnotherConnectionString => DevelopmentAccount.Another.ConnectionString("127.0.0.1", ports);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        process = new Process { StartInfo = StartInfo() };
        var found = new ConcurrentDictionary<string, int>();
        var output = new ConcurrentQueue<string?>();
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) =>
        {
            output.Enqueue(line.Data);
            if (line.Data is null)
                listening.TrySetException(new InvalidOperationException($"Azurite ended before it listened:\n{string.Join('\n', output)}"));
            else if (Listening().Match(line.Data) is { Success: true } match)
                found[match.Groups[1].Value] = int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
            if (found.Count == 3)
                listening.TrySetResult();
        };
        process.ErrorDataReceived += (_, line) => output.Enqueue(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await listening.Task.WaitAsync(cancellationToken);
        ports = new AzuritePorts(found["Blob"], found["Queue"], found["Table"]);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (process is null)
            return;
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellationToken);
        process.Dispose();
        process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        Directory.Delete(data, recursive: true);
    }

    [GeneratedRegex(@"^Azurite (\w+) service is successfully listening at http://127\.0\.0\.1:(\d+)")]
    private static partial Regex Listening();

    private ProcessStartInfo StartInfo() => new("node")
    {
        ArgumentList =
        {
            "--require", Path.Combine(package, "stop-with-parent.cjs"),
            Path.Combine(package, "node_modules/azurite/dist/src/azurite.js"),
            "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--location", data,
            "--blobPort", $"{ports.Blob}", "--queuePort", $"{ports.Queue}", "--tablePort", $"{ports.Table}",
        },
        Environment = { [DevelopmentAccount.Environment.Variable] = DevelopmentAccount.Environment.Value },
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };
}
