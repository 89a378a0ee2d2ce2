using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Doctor;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.LocalHost.Tests.Doctor;

/// <summary>doctor on set-ups that are broken, and on one that is not.</summary>
public sealed class DoctorCommandTests : IDisposable
{
    private const string FreeUrls = "http://127.0.0.1:0";

    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task Where_all_is_well_nothing_is_broken_and_nothing_is_made()
    {
        var run = await workplace.RunAsync("doctor", "--urls", FreeUrls);
        var json = await workplace.RunAsync("doctor", "--urls", FreeUrls, "--json");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        foreach (var subject in (string[])["cpu", "engine lanes", "engine torch", "libstdc++", "library", "disk", "cache", "data", "state", "lock", "federations", "clock", "storage", "port"])
            Assert.Contains(run.OutputLines, line => line.Contains($" {subject}: ", StringComparison.Ordinal));
        Assert.DoesNotContain(run.OutputLines, line => line.StartsWith("broken", StringComparison.Ordinal));
        Assert.Contains(JsonElement.Parse(json.Output).EnumerateArray(), finding => finding.GetProperty("subject").GetString() == "lock" && finding.GetProperty("condition").GetString() == "well");
        Assert.False(Directory.Exists(workplace.State));
    }

    [Fact]
    public async Task A_federation_that_was_interrupted_is_named_with_what_goes_on_with_it()
    {
        await workplace.FinishFederationAsync("--id", "over");
        await workplace.StopFederationAsync("one");

        var run = await workplace.RunAsync("doctor", "--urls", FreeUrls);

        Assert.Equal(ExitCode.Done, run.ExitCode);
        var at = run.OutputLines.IndexOf("note    federations: 1 interrupted (one): no process is at work on what it has begun");
        Assert.NotEqual(-1, at);
        Assert.Equal($"        → to go on: fldurable run one --state {workplace.State}, or all at once: fldurable serve --state {workplace.State}", run.OutputLines[at + 1]);
    }

    [Fact]
    public async Task A_port_that_somebody_has_is_named_with_how_to_find_who()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var run = await workplace.RunAsync("doctor", "--urls", $"http://127.0.0.1:{port}");

        AssertBroken(run, "port", $"serve can't listen at http://127.0.0.1:{port}: ", $"ss -ltnp 'sport = :{port}'");
    }

    [Fact]
    public async Task Storage_that_does_not_answer_is_named_with_how_to_start_Azurite()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0); // bound and not listening: nobody else takes the port, and nothing answers there
        var port = FreePort(taken);

        var run = await workplace.RunAsync(
            "doctor", "--urls", FreeUrls, "--storage", $"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:{port}/a");

        AssertBroken(run, "storage", $"nothing can be read from http://127.0.0.1:{port}/a/", "azurite --silent --skipApiVersionCheck");
    }

    [Fact]
    public async Task A_database_that_is_none_is_named_with_what_to_move_away()
    {
        Directory.CreateDirectory(workplace.State);
        workplace.Write("state/engine.db", new string('x', 8192));

        var run = await workplace.RunAsync("doctor", "--urls", FreeUrls);

        AssertBroken(run, "federations", "engine.db' can't be used as the engine's database: it is no database", "keep a copy of the folder");
        Assert.Contains("move it away with its -wal and -shm", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_folder_that_is_a_file_is_named()
    {
        workplace.Write("state", "");

        AssertBroken(await workplace.RunAsync("doctor", "--urls", FreeUrls), "state", $"the state folder '{workplace.State}' is a file", "mend the option or the variable");
    }

    [Fact]
    public async Task A_key_that_others_can_read_is_named_with_how_to_close_it()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("files have no mode there");
            return;
        }

        Directory.CreateDirectory(workplace.State);
        File.SetUnixFileMode(workplace.Write("state/api.key", new string('k', 64)), UnixFileMode.UserRead | UnixFileMode.GroupRead);

        AssertBroken(await workplace.RunAsync("doctor", "--urls", FreeUrls), "key", "can be read by others: chmod 600 it", "serve does not start until that is so");
    }

    [Fact]
    public async Task Data_that_is_not_there_is_named()
    {
        AssertBroken(await workplace.RunAsync("doctor", "--urls", FreeUrls, "--data", "none.zip"), "data", "none.zip: there is no file or folder", "docs/data.md");
        AssertBroken(await workplace.RunAsync("doctor", "--urls", FreeUrls, "--data", "synthetic:train=0"), "data", "train is '0'", "docs/data.md");
    }

    [Fact]
    public async Task A_disk_without_room_is_named()
    {
        var findings = await LookAsync(MachineFacts.Own with { FreeBytes = folder => folder == workplace.State ? 5_000_000 : 500_000_000 });

        Assert.Contains(findings, finding => finding is { Subject: "disk", Condition: Condition.Broken, What: var what, Advice: var advice }
            && what == $"of the state folder '{workplace.State}': 5.0 MB free" && advice!.Contains("purge removes them", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding is { Subject: "disk", Condition: Condition.Note } && finding.What.Contains("500 MB free", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_clock_that_was_set_back_is_named()
    {
        await workplace.FinishFederationAsync("--id", "one");

        var findings = await LookAsync(MachineFacts.Own with { Time = new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(-2)) });

        var clock = Assert.Single(findings, finding => finding.Subject == "clock");
        Assert.Equal(Condition.Broken, clock.Condition);
        Assert.Contains("this clock is slow, or was set back", clock.What, StringComparison.Ordinal);
        Assert.Contains("timedatectl", clock.Advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(30, false, Condition.Note, "older than GCC 13's")]
    [InlineData(33, false, Condition.Well, "GLIBCXX_3.4.33, new enough")]
    [InlineData(null, false, Condition.Note, "there is none")]
    [InlineData(33, true, Condition.Note, "this system has musl")]
    public async Task The_library_that_Torch_needs_is_told(int? version, bool isMusl, object condition, string words)
    {
        var findings = await LookAsync(MachineFacts.Own with { CppLibrary = () => version, IsMusl = isMusl });

        var library = Assert.Single(findings, finding => finding.Subject == "libstdc++");
        Assert.Equal(condition, library.Condition);
        Assert.Contains(words, library.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_a_file_is_named()
    {
        var finding = StateCheckup.Folder("cache", workplace.Write("cache", ""), "$FLDURABLE_CACHE");

        Assert.Equal(Condition.Broken, finding.Condition);
        Assert.Contains("is a file", finding.What, StringComparison.Ordinal);
        Assert.Contains("$FLDURABLE_CACHE", finding.Advice, StringComparison.Ordinal);
    }

    private Task<IReadOnlyList<Finding>> LookAsync(MachineFacts machine) => DoctorCommand.LookAsync(
        () => new StateFolder(workplace.State, IsNamed: true), addresses: [], data: null, new HostParts(), machine, TestContext.Current.CancellationToken);

    private static int FreePort(TcpListener taken)
    {
        taken.Server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)taken.Server.LocalEndPoint!).Port;
    }

    private static void AssertBroken(CommandRun run, string subject, string what, string advice)
    {
        Assert.Equal((ExitCode.BadUsage, $"fldurable: doctor: broken: {subject}"), (run.ExitCode, Assert.Single(run.ErrorLines)));
        var at = Assert.Single(run.OutputLines.Index(), line => line.Item.StartsWith("broken", StringComparison.Ordinal)).Index;
        Assert.StartsWith($"broken  {subject}: ", run.OutputLines[at], StringComparison.Ordinal);
        Assert.Contains(what, run.OutputLines[at], StringComparison.Ordinal);
        Assert.StartsWith("        → ", run.OutputLines[at + 1], StringComparison.Ordinal);
        Assert.Contains(advice, run.OutputLines[at + 1], StringComparison.Ordinal);
    }
}
