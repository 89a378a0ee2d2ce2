using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FlDurable.Infra.Tests.Support;

[assembly: AssemblyFixture(typeof(Bicep))]

namespace FlDurable.Infra.Tests.Support;

/// <summary>The Bicep compiler, started once: its first answer takes seconds, each further one milliseconds.</summary>
public sealed class Bicep : IDisposable
{
    private readonly SemaphoreSlim turn = new(1);
    private readonly ConcurrentDictionary<Options, Deployment> unchanged = [];
    private readonly Process process;
    private int calls;

    public Bicep()
    {
        var start = new ProcessStartInfo(Repository.BicepPath)
        {
            ArgumentList = { "jsonrpc", "--stdio" },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";

        // What the parameter files would read.
        start.Environment.Remove("AZURE_ENV_NAME");
        start.Environment.Remove("AZURE_LOCATION");
        start.Environment.Remove("AZURE_PRINCIPAL_ID");
        process = Process.Start(start)!;
    }

    /// <summary>What deploying the templates as they are would make.</summary>
    internal async Task<Deployment> PredictAsync(Options options, CancellationToken cancellationToken)
    {
        if (!unchanged.TryGetValue(options, out var deployment))
        {
            using var templates = new Templates();
            unchanged[options] = deployment = await PredictAsync(templates, options, cancellationToken);
        }

        return deployment;
    }

    /// <summary>What deploying templates with a parameter file would make, as far as that can be told without Azure.</summary>
    internal async Task<Deployment> PredictAsync(Templates templates, Options options, CancellationToken cancellationToken)
    {
        var result = await CallAsync(
            "bicep/getSnapshot",
            new JsonObject
            {
                ["path"] = Path.Combine(templates.Folder, options.File),
                ["metadata"] = new JsonObject { ["subscriptionId"] = Deployment.Subscription, ["location"] = "westeurope" },
            },
            cancellationToken);
        return new Deployment(JsonNode.Parse((string)result["snapshot"]!)!["predictedResources"]!.AsArray());
    }

    /// <summary>The ARM template that a Bicep file compiles to.</summary>
    internal async Task<JsonNode> CompileAsync(string path, CancellationToken cancellationToken)
    {
        var result = await CallAsync("bicep/compile", new JsonObject { ["path"] = path }, cancellationToken);
        return JsonNode.Parse((string?)result["contents"] ?? throw new InvalidOperationException(result.ToJsonString()))!;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
        turn.Dispose();
    }

    private async Task<JsonNode> CallAsync(string method, JsonObject parameters, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            await SendAsync(
                new JsonObject { ["jsonrpc"] = "2.0", ["id"] = ++calls, ["method"] = method, ["params"] = new JsonArray(parameters) },
                cancellationToken);
            var answer = await ReceiveAsync(cancellationToken);
            return answer["result"] ?? throw new InvalidOperationException($"{method}: {answer["error"]?["message"]}");
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task SendAsync(JsonObject message, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes(message.ToJsonString());
        var pipe = process.StandardInput.BaseStream;
        await pipe.WriteAsync(Encoding.ASCII.GetBytes($"Content-Length: {body.Length}\r\n\r\n"), cancellationToken);
        await pipe.WriteAsync(body, cancellationToken);
        await pipe.FlushAsync(cancellationToken);
    }

    private async Task<JsonNode> ReceiveAsync(CancellationToken cancellationToken)
    {
        const string lengthHeader = "Content-Length: ";
        var pipe = process.StandardOutput.BaseStream;
        var length = 0;
        while (await ReadLineAsync(pipe, cancellationToken) is { Length: > 0 } header)
        {
            if (header.StartsWith(lengthHeader, StringComparison.OrdinalIgnoreCase))
                length = int.Parse(header.AsSpan(lengthHeader.Length), CultureInfo.InvariantCulture);
        }

        var body = new byte[length];
        await pipe.ReadExactlyAsync(body, cancellationToken);
        return JsonNode.Parse(body)!;
    }

    private static async Task<string> ReadLineAsync(Stream pipe, CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (true)
        {
            await pipe.ReadExactlyAsync(one, cancellationToken);
            if (one[0] == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)one[0]);
        }
    }
}
