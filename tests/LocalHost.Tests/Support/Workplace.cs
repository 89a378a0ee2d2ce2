using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Tests.Support;

/// <summary>A folder with a state folder in it, on which commands are run in this process.</summary>
internal sealed class Workplace : IDisposable
{
    /// <summary>Data that is learnt from in well under a second.</summary>
    public const string Data = "synthetic:train=240,test=40";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fldurable-cli-");

    public string State => this["state"];

    public string this[string name] => Path.Combine(folder.FullName, name);

    public string Write(string name, string content)
    {
        File.WriteAllText(this[name], content);
        return this[name];
    }

    /// <summary>Runs a command on this state folder.</summary>
    public Task<CommandRun> RunAsync(params string[] arguments) => RunOnAsync(State, arguments);

    /// <summary>Runs a command of a host with parts of its own on this state folder.</summary>
    public async Task<CommandRun> RunAsync(FederationHostBuilder host, params string[] arguments)
    {
        using var output = new StringWriter();
        return await RunOnAsync(State, output, new HostParts(host.Services), TestContext.Current.CancellationToken, arguments);
    }

    /// <summary>Runs a command on any state folder.</summary>
    public static async Task<CommandRun> RunOnAsync(string state, params string[] arguments)
    {
        using var output = new StringWriter();
        return await RunOnAsync(state, output, new HostParts(), TestContext.Current.CancellationToken, arguments);
    }

    private static async Task<CommandRun> RunOnAsync(
        string state, StringWriter output, HostParts parts, CancellationToken cancellationToken, params string[] arguments)
    {
        using var error = new StringWriter();
        var terminal = new Terminal(TextWriter.Synchronized(output), TextWriter.Synchronized(error), outputIsTerminal: false, errorIsTerminal: false);
        var exitCode = await FlDurableCommand.RunAsync([.. arguments, "--state", state], terminal, parts, cancellationToken);
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Runs a small federation of three clients.</summary>
    public Task<CommandRun> RunFederationAsync(params string[] more) =>
        RunAsync(["run", "--data", Data, "--clients", "3", "--rounds", "2", .. more]);

    /// <summary>Runs a small federation to its end.</summary>
    public async Task<FederationResult> FinishFederationAsync(params string[] more)
    {
        var run = await RunFederationAsync(["--json", .. more]);
        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.ExitCode == ExitCode.Done ? "" : run.Error));
        return ContractJson.Deserialize<FederationResult>(run.Output);
    }

    /// <summary>Starts a small federation of three clients, and stops it then.</summary>
    public async Task StopFederationAsync(string id)
    {
        using var stop = new CancellationTokenSource();
        using var output = new StoppingWriter(stop);
        var run = await RunOnAsync(State, output, new HostParts(), stop.Token, "run", "--data", Data, "--clients", "3", "--rounds", "2", "--id", id);
        Assert.Equal(ExitCode.Interrupted, run.ExitCode);
    }

    public void Dispose() => folder.Delete(recursive: true);

    /// <summary>Stops a run once it has told that its federation is started.</summary>
    private sealed class StoppingWriter(CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.StartsWith("new federation", StringComparison.Ordinal) is true)
                stop.Cancel();
        }
    }
}

/// <summary>What a command did.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    public string[] OutputLines => Lines(Output);

    public string[] ErrorLines => Lines(Error);

    private static string[] Lines(string text) => text.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
