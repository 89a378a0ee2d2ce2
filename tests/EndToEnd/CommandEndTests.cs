using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>
/// How each command ends when it is told to stop, when nobody takes what it writes, when the disk is full and when a folder can't be
/// written: the table of docs/commands.md, on the built program. What keeps a command from its end is in the test's own folder.
/// </summary>
public sealed class CommandEndTests : IDisposable
{
    /// <summary>Files of more than 10 MB can't be written, as on a full disk; 512 bytes are a block.</summary>
    private const string NoLargeFiles = "trap '' XFSZ; ulimit -f 20480; ";

    /// <summary>
    /// Puts a folder's content on a disk of its own that is full then, for this process alone; and ends with <see cref="NoDisk"/> where no disk
    /// can be made, as in some containers.
    /// </summary>
    private const string OnAFullDisk =
        """
        own=-m; [ "$(id -u)" = 0 ] || own=-rm
        unshare $own true 2> /dev/null || exit 77
        exec unshare $own sh -c '
            place=$1; shift; mkdir -p "$place"; cp -a "$place" "$place.copy"
            mount -t tmpfs -o size=16m tmpfs "$place" 2> /dev/null || exit 77
            cp -a "$place.copy/." "$place"; dd if=/dev/zero of="$place/filler" bs=4k 2> /dev/null
            exec "$@"' sh
        """;

    private const int NoDisk = 77;

    /// <summary>What makes a folder's mode hold for root too.</summary>
    private const string AsAnyone = """if [ "$(id -u)" = 0 ]; then exec setpriv --bounding-set=-dac_override,-dac_read_search "$@"; else exec "$@"; fi""";

    private const string Run = "run --data synthetic:train=400,test=50 --clients 4 --rounds 1 --id one";

    private readonly TestFolders folders = new();

    public static TheoryData<PosixSignal> Signals { get; } = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];

    public void Dispose() => folders.Dispose();

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task A_server_that_is_told_to_stop_has_done_its_work(PosixSignal signal)
    {
        await using var server = folders.Start("serve", "--urls", "http://127.0.0.1:0");
        await server.WaitForOutputLineAsync("listening on");
        server.Signal(signal);

        AssertEnd(0, await server.EndAsync(), "stopping; once more kills");
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task Central_training_that_is_told_to_stop_stops(PosixSignal signal)
    {
        await using var training = folders.Start(
            "train-central", "--partition", "0", "--data", "synthetic:train=400,test=50", "--clients", "4", "--epochs", "1000");
        await training.WaitForOutputLineAsync("epoch 1/1000");
        training.Signal(signal);

        AssertEnd(128 + FlDurableProcess.NumberOf(signal), await training.EndAsync(), "stopping; once more kills");
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task A_division_that_is_told_to_stop_stops(PosixSignal signal)
    {
        // As many images as are allowed take longer than the two seconds after which that is told.
        await using var dividing = folders.Start("partition", "--data", "synthetic:train=300000,test=300000");
        await dividing.WaitForErrorLineAsync("making images");
        dividing.Signal(signal);
        var end = await dividing.EndAsync();

        Assert.Equal(128 + FlDurableProcess.NumberOf(signal), end.ExitCode);
        Assert.EndsWith("stopping; once more kills", end.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task What_waits_for_a_reader_of_its_file_can_be_told_to_stop(PosixSignal signal)
    {
        await RunToEndAsync();
        Assert.Equal(0, (await folders.RunShellAsync($"mkfifo '{folders["pipe"]}'")).ExitCode);
        foreach (var command in (string[])["export --id one", "report one", "show --partition 0 --data synthetic:train=4000,test=50 --batch-size 512 --clients 4"])
        {
            await using var writer = folders.Start([.. command.Split(' '), "--out", folders["pipe"]]);
            await using var reader = await Task.Run(() => File.OpenRead(folders["pipe"])); // once it is open, so is the other end
            writer.Signal(signal);

            AssertEnd(128 + FlDurableProcess.NumberOf(signal), await writer.EndAsync(), "stopping; once more kills");
        }
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task What_waits_for_storage_can_be_told_to_stop(PosixSignal signal)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var key = Convert.ToBase64String(new byte[32]);
        var storage = $"BlobEndpoint=http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/account;AccountName=account;AccountKey={key}";
        foreach (var command in (string[])["status", "evaluate", "purge"])
        {
            await using var waiting = folders.Start(command, "one", "--storage", storage);
            using var connection = await silent.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            waiting.Signal(signal);

            AssertEnd(128 + FlDurableProcess.NumberOf(signal), await waiting.EndAsync(), "stopping; once more kills");
        }
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task What_sums_sizes_can_be_told_to_stop(PosixSignal signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere what a process has open is not in /proc");
        await RunToEndAsync();
        MakeEndless(folders.Artifact("updates/one"));
        foreach (var (command, told) in ((string, string[])[])[("list", []), ("purge one", ["stopped half-way; to go on: fldurable purge one"])])
        {
            await using var summing = folders.Start(command.Split(' '));
            await summing.WaitForFileAsync(() => HasOpen(summing.Id, folders.Artifact("updates/one")));
            summing.Signal(signal);

            AssertEnd(128 + FlDurableProcess.NumberOf(signal), await summing.EndAsync(), ["stopping; once more kills", .. told]);
        }
    }

    [Theory]
    [InlineData(true, "Broken pipe")]
    [InlineData(false, "File too large")]
    public async Task A_server_goes_on_when_nobody_takes_what_it_tells(bool isClosed, string reason)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort.Find()}/api/federations");
        string[] command = ["serve", "--no-auth", "--urls", address.GetLeftPart(UriPartial.Authority)];
        await using var server = isClosed ? folders.Start(command) : folders.StartInShell(NoLargeFiles + """exec "$@" >> """ + FullFile(), command);
        if (isClosed)
            server.CloseOutput();
        using var client = new HttpClient();
        await server.WaitForFileAsync(() => Answers(client, address));

        server.Signal(PosixSignal.SIGTERM);

        AssertLost(await server.EndAsync(), reason);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("list --json")]
    [InlineData("status one")]
    [InlineData("evaluate one")]
    [InlineData("plot one --out -")]
    [InlineData("report one --out -")]
    [InlineData("show --partition 0 --data synthetic:train=400,test=50 --clients 4 --out -")]
    [InlineData("partition --data synthetic:train=400,test=50 --clients 4")]
    [InlineData("train-central --partition 0 --data synthetic:train=400,test=50 --clients 4 --epochs 1")]
    [InlineData("export --id one --out -")]
    [InlineData("purge one")]
    [InlineData("sites add one")]
    [InlineData("--help")]
    public async Task A_result_that_nobody_takes_is_said_to_be_lost(string command)
    {
        await RunToEndAsync();
        await using var process = folders.Start(command.Split(' '));
        process.CloseOutput();

        AssertLost(await process.EndAsync(), "Broken pipe");
    }

    [Theory]
    [InlineData("list --json")]
    [InlineData("--help")]
    public async Task A_result_for_which_no_file_is_open_is_said_to_be_lost(string command) =>
        AssertLost(await folders.RunInShellAsync("""exec "$@" >&-""", command.Split(' ')), "Bad file descriptor");

    [Theory]
    [InlineData("list")]
    [InlineData("status one --json")]
    [InlineData("status one --csv")]
    [InlineData("evaluate one --csv")]
    [InlineData("plot one --out -")]
    [InlineData("show --partition 0 --data synthetic:train=400,test=50 --clients 4 --out -")]
    [InlineData("partition --data synthetic:train=400,test=50 --clients 4")]
    [InlineData("train-central --partition 0 --data synthetic:train=400,test=50 --clients 4 --epochs 1 --json")]
    [InlineData("export --id one --out -")]
    [InlineData("purge one")]
    [InlineData("sites add one")]
    [InlineData("--help")]
    public async Task A_result_for_which_there_is_no_room_is_said_to_be_lost(string command)
    {
        await RunToEndAsync();

        AssertLost(await folders.RunInShellAsync(NoLargeFiles + """exec "$@" >> """ + FullFile(), command.Split(' ')), "File too large");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" --json")]
    public async Task A_federation_goes_on_when_nobody_takes_what_it_tells(string option)
    {
        await using (var process = folders.Start((Run + option).Split(' ')))
        {
            process.CloseOutput();
            AssertLost(await process.EndAsync(), "Broken pipe");
        }

        Assert.Contains("\"status\":\"completed\"", (await folders.RunAsync("status", "one", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_federation_goes_on_when_the_disk_that_takes_its_log_is_full()
    {
        AssertLost(await folders.RunInShellAsync(NoLargeFiles + """exec "$@" >> """ + FullFile(), Run.Split(' ')), "File too large");

        Assert.Contains("\"status\":\"completed\"", (await folders.RunAsync("status", "one", "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_for_its_notes_keeps_no_result_from_stdout()
    {
        var end = await folders.RunInShellAsync(NoLargeFiles + """exec "$@" 2>> """ + FullFile(), [.. Run.Split(' '), "--json"]);

        Assert.Equal((0, ""), (end.ExitCode, end.Error));
        Assert.Contains("\"status\":\"completed\"", end.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Run, "state")]
    [InlineData("serve --urls http://127.0.0.1:0", "state")]
    [InlineData("show --partition 0 --data synthetic:train=300,test=50 --clients 4 --out -", "cache")]
    [InlineData("partition --data synthetic:train=300,test=50 --clients 4", "cache")]
    [InlineData("train-central --partition 0 --data synthetic:train=300,test=50 --clients 4", "cache")]
    [InlineData("export --id one --out {0}", "out")]
    [InlineData("report one --out {0}", "out")]
    [InlineData("purge one", "state")]
    public async Task On_a_full_disk_a_command_ends_with_one_line_that_names_the_place(string command, string place)
    {
        var isNew = command == Run;
        if (!isNew)
            await RunToEndAsync();
        Directory.CreateDirectory(folders["out"]);

        var end = await folders.RunInShellAsync($"set -- '{folders[place]}' \"$@\"; {OnAFullDisk} \"$@\"", ArgumentsOf(command));

        SkipWithoutDisk(end);
        AssertRefused(end, folders[place]);
        if (!isNew)
            Assert.Contains("\"completed\"", (await folders.RunAsync("list", "--json")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list --json", "\"completed\"")]
    [InlineData("status one --json", "\"completed\"")]
    [InlineData("evaluate one --json", "\"recall\"")]
    public async Task What_only_reads_needs_no_room_and_no_right_to_write(string command, string told)
    {
        await RunToEndAsync();

        var full = await folders.RunInShellAsync($"set -- '{folders["state"]}' \"$@\"; {OnAFullDisk} \"$@\"", ArgumentsOf(command));
        await folders.RunShellAsync("chmod -R a-w state");
        var readOnly = await folders.RunInShellAsync(AsAnyone, ArgumentsOf(command));
        await folders.RunShellAsync("chmod -R u+w state");

        Assert.Equal((0, ""), (readOnly.ExitCode, readOnly.Error));
        Assert.Contains(told, readOnly.Output, StringComparison.Ordinal);
        SkipWithoutDisk(full);
        Assert.Equal(readOnly, full);
    }

    [Fact]
    public async Task A_full_disk_leaves_the_file_that_was_to_be_replaced()
    {
        await RunToEndAsync();
        Directory.CreateDirectory(folders["out"]);
        await File.WriteAllTextAsync(folders["out/model.safetensors"], "before", TestContext.Current.CancellationToken);

        var end = await folders.RunInShellAsync(
            $"set -- '{folders["out"]}' sh -c '\"$@\"; code=$?; cat \"{folders["out/model.safetensors"]}\"; ls \"{folders["out"]}\" | wc -l; exit $code' sh \"$@\"; {OnAFullDisk} \"$@\"",
            ArgumentsOf("export --id one --out {0}"));

        SkipWithoutDisk(end);
        AssertRefused(end, folders["out/model.safetensors"]);
        Assert.Equal("before2", end.Output.Replace("\n", "", StringComparison.Ordinal)); // the file, and what fills the disk
    }

    [Theory]
    [InlineData(Run, "state")]
    [InlineData("serve --urls http://127.0.0.1:0", "state")]
    [InlineData("show --partition 0 --data synthetic:train=300,test=50 --clients 4 --out -", "cache")]
    [InlineData("partition --data synthetic:train=300,test=50 --clients 4", "cache")]
    [InlineData("train-central --partition 0 --data synthetic:train=300,test=50 --clients 4", "cache")]
    [InlineData("export --id one --out {0}", "out")]
    [InlineData("report one --out {0}", "out")]
    [InlineData("purge one", "state")]
    public async Task In_a_folder_that_can_not_be_written_a_command_ends_with_one_line_that_names_it(string command, string place)
    {
        await RunToEndAsync();
        Directory.CreateDirectory(folders["out"]);
        await folders.RunShellAsync("chmod -R a-w .");
        try
        {
            AssertRefused(await folders.RunInShellAsync(AsAnyone, ArgumentsOf(command)), folders[place]);
        }
        finally
        {
            await folders.RunShellAsync("chmod -R u+w .");
        }
    }

    [Theory]
    [InlineData("http://192.0.2.1:7071")] // of no machine: it is for documentation (RFC 5737)
    [InlineData(null)]
    public async Task An_address_that_can_not_be_listened_at_is_named_once(string? url)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        url ??= $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";

        AssertRefused(await folders.RunAsync("serve", "--urls", url), url);
    }

    [Fact]
    public async Task State_cache_and_keys_are_their_owners_alone_and_a_file_that_is_named_is_as_usual()
    {
        await RunToEndAsync();
        await using (var server = folders.Start("serve", "--urls", "http://127.0.0.1:0"))
        {
            await server.WaitForOutputLineAsync("listening on");
            server.Signal(PosixSignal.SIGTERM);
            await server.EndAsync();
        }

        await folders.RunInShellAsync("""umask 022; exec "$@" """, "export", "--id", "one", "--out", folders["model.safetensors"]);

        var seen = await folders.RunShellAsync("find state cache -perm /077; find state -name api.key -perm 600; find . -maxdepth 1 -name '*.safetensors' -perm 644");
        Assert.Equal("state/api.key\n./model.safetensors", seen.Output);
    }

    /// <summary>Fills a folder with ways back into itself, so that whoever looks at all that is below it comes to no end.</summary>
    private static void MakeEndless(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "file"), "");
        foreach (var way in (string[])["a", "b"])
            Directory.CreateSymbolicLink(Path.Combine(folder, way), folder);
    }

    private static bool HasOpen(int process, string folder)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Any(
                descriptor => new FileInfo(descriptor).LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true);
        }
        catch (IOException)
        {
            return false; // it was closed in between
        }
    }

    private static bool Answers(HttpClient client, Uri address)
    {
        try
        {
            using var answer = client.Send(new HttpRequestMessage(HttpMethod.Get, address), TestContext.Current.CancellationToken);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false; // nobody listens yet
        }
    }

    private static void SkipWithoutDisk(ProcessEnd end) =>
        Assert.SkipWhen(end.ExitCode == NoDisk, "this machine lets nobody mount a disk of one's own, so there is none to be full");

    private static void AssertEnd(int exitCode, ProcessEnd end, params string[] errorLines)
    {
        Assert.Equal((exitCode, string.Join('\n', errorLines)), (end.ExitCode, end.Error));
    }

    private static void AssertLost(ProcessEnd end, string reason)
    {
        Assert.Equal(2, end.ExitCode);
        Assert.Equal($"fldurable: stdout can't be written: {reason}; what it was to show is lost, what was done is kept", end.Error.Split('\n')[^1]);
        Assert.DoesNotContain("   at ", end.Error, StringComparison.Ordinal);
    }

    private static void AssertRefused(ProcessEnd end, string place)
    {
        Assert.Equal(2, end.ExitCode);
        var line = Assert.Single(end.Error.Split('\n'));
        Assert.StartsWith("fldurable: ", line, StringComparison.Ordinal);
        Assert.Contains(place, line, StringComparison.Ordinal);
    }

    private string[] ArgumentsOf(string command) => [.. command.Split(' ').Select(part => part == "{0}" ? folders["out/model.safetensors"] : part)];

    /// <summary>A file that is as long as files may be, without taking up anything.</summary>
    private string FullFile()
    {
        using var file = File.Create(folders["full"]);
        file.SetLength(20480 * 512);
        return $"'{folders["full"]}'";
    }

    private async Task RunToEndAsync()
    {
        var end = await folders.RunAsync(Run.Split(' '));
        Assert.True(end.ExitCode == 0, end.Error);
    }
}
