using System.Text.Json.Nodes;
using FlDurable.LocalHost;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;

namespace FlDurable.Worker.Tests.Support;

/// <summary>Commands of the program, run in this process.</summary>
internal static class Simulation
{
    /// <summary>Data that is learnt from in well under a second, among three clients.</summary>
    private static readonly string[] Data =
    [
        "--data", "synthetic:train=300,test=20", "--clients", "3", "--partitioner", "dirichlet", "--partitioner-option", "alpha=0.7", "--partitioner-option", "minPartitionSize=5",
    ];

    /// <summary>The same, of a spec.</summary>
    public static JsonObject Spec() => JsonNode.Parse(
        """{"data": "synthetic:train=300,test=20", "clients": 3, "partitioner": {"name": "dirichlet", "alpha": 0.7, "minPartitionSize": 5}}""")!.AsObject();

    /// <summary>Writes each client's part as a folder.</summary>
    public static Task DivideAsync(string state, string folder) => RunAsync(["partition", "--state", state, "--out", folder, .. Data]);

    /// <summary>Runs the federation of all clients on this machine.</summary>
    /// <returns>The hashes of the parameters after every round.</returns>
    public static async Task<IReadOnlyList<string>> RunFederationAsync(string state, params string[] fields)
    {
        var output = await RunAsync(["run", "--state", state, "--json", .. Data, .. fields]);
        return [.. ContractJson.Deserialize<FederationResult>(output).Rounds.Select(round => round.ParametersSha256)];
    }

    /// <summary>Runs a command that is done.</summary>
    /// <returns>What it writes.</returns>
    public static async Task<string> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal(TextWriter.Synchronized(output), TextWriter.Synchronized(error), outputIsTerminal: false, errorIsTerminal: false);
        var code = await FlDurableCommand.RunAsync(arguments, terminal, TestContext.Current.CancellationToken);
        Assert.True(code == ExitCode.Done, $"{code}: {error}");
        return output.ToString();
    }
}
