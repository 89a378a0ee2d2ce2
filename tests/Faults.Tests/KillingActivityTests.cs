using System.Diagnostics;
using System.Globalization;
using FlDurable.CrashingHost;
using FlDurable.Faults.Tests.Support;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.Faults.Tests;

/// <summary>Activities that really kill the process that they run in, and processes that are killed while others run.</summary>
public sealed class KillingActivityTests(Federations federations) : IClassFixture<Federations>, IDisposable
{
    /// <summary>Turns a hang into a failure; nothing is expected to take as long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TestFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string State => folder["state"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("failFast", 134, "signal 6")]
    [InlineData("sigkill", 137, "signal 9")]
    public async Task Training_that_kills_its_process_becomes_its_clients_failure_and_the_host_lives(string how, int exitCode, string death)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        Assert.Equal(exitCode, (await RunAsync("TrainClient", how)).ExitCode);
        Assert.Equal(exitCode, (await RunAsync("TrainClient", how)).ExitCode);

        Assert.Equal((0, "Completed"), await RunAsync("TrainClient", how));
        var record = await RecordAsync();
        Assert.Equal(
            new ClientFailure(
                "client-1", "TrainClient", $"it kills the process that it runs in: 3 died one after another, the last by {death}"),
            Assert.Single(record.Failures));
        Assert.Equal(["client-0", "client-2"], record.Participants.Where(client => client.FitLoss is not null).Select(client => client.Client));
    }

    [Fact]
    public async Task An_aggregation_that_kills_its_process_stops_the_host_and_the_same_command_tries_again()
    {
        const string activity = "AggregateUpdates";
        await RunAsync(activity, "sigkill");
        await RunAsync(activity, "sigkill");

        var stopped = await RunAsync(activity, "sigkill");

        Assert.Equal(3, stopped.ExitCode);
        Assert.Contains("can't be done now: it kills the process that it runs in", stopped.Output, StringComparison.Ordinal);
        Assert.Equal((0, "Completed"), await RunAsync(activity, "nothing"));
        Assert.Equal(await federations.UndisturbedAsync(KillerHost.Spec), FederationOutcome.Read(State));
    }

    [Fact]
    public async Task A_host_that_is_killed_takes_with_it_what_runs_apart_and_that_is_held_against_nobody()
    {
        Assert.NotEqual(0, await KillWhileItHangsAsync(runsApart: false));
        Assert.NotEqual(0, await KillWhileItHangsAsync(runsApart: false));
        for (var kill = 0; kill < 3; kill++)
            Assert.NotEqual(0, await KillWhileItHangsAsync(runsApart: true));

        Assert.Equal((0, "Completed"), await RunAsync("TrainClient", "nothing"));
        Assert.Equal(await federations.UndisturbedAsync(KillerHost.Spec), FederationOutcome.Read(State));
    }

    private async Task<RoundRecord> RecordAsync() =>
        (await new FileArtifactStore(SmallFederation.Artifacts(State)).FindJsonAsync<RoundRecord>(ArtifactNames.Record(SmallFederation.Id, 1), Cancel))!;

    /// <summary>Kills a host once its activity hangs, and waits until the process in which it hangs has ended too.</summary>
    private async Task<int> KillWhileItHangsAsync(bool runsApart)
    {
        var pidFile = Killer.PidFile(State);
        Directory.CreateDirectory(State);
        File.Delete(pidFile);
        using var host = Start("TrainClient", "hang");
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (var waited = Stopwatch.StartNew(); !File.Exists(pidFile) && waited.Elapsed < Patience && !host.HasExited;)
            await poll.WaitForNextTickAsync(Cancel);
        var hangs = int.Parse(await File.ReadAllTextAsync(pidFile, Cancel), CultureInfo.InvariantCulture);
        Assert.Equal(runsApart, hangs != host.Id);
        using var hanging = Process.GetProcessById(hangs);
        host.Kill();
        await host.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
        await hanging.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
        return host.ExitCode;
    }

    private async Task<(int ExitCode, string Output)> RunAsync(string activity, string how)
    {
        using var host = Start(activity, how);
        var output = host.StandardOutput.ReadToEndAsync(Cancel);
        var error = host.StandardError.ReadToEndAsync(Cancel);
        await host.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
        await error;
        return (host.ExitCode, (await output).Trim());
    }

    private Process Start(string activity, string how) => Process.Start(new ProcessStartInfo(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "FlDurable.CrashingHost.dll"), federations.Cache, "host", State, activity, how])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
