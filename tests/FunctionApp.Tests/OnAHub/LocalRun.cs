using FlDurable.FunctionApp.Tests.Support;
using FlDurable.LocalHost;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.FunctionApp.Tests.OnAHub;

/// <summary>A federation as the other host runs it: by its command <c>fldurable run</c>, in this process.</summary>
internal static class LocalRun
{
    public static async Task<FederationResult> RunAsync(FederationSpec spec, CancellationToken cancellationToken)
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder["spec.json"], ContractJson.Serialize(spec), cancellationToken);
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal(
            TextWriter.Synchronized(output), TextWriter.Synchronized(error), outputIsTerminal: false, errorIsTerminal: false);
        var exitCode = await FlDurableCommand.RunAsync(
            ["run", folder["spec.json"], "--state", folder["state"], "--json"], terminal, cancellationToken);
        Assert.True(exitCode is ExitCode.Done or ExitCode.Failed, error.ToString());
        return ContractJson.Deserialize<FederationResult>(output.ToString());
    }
}
