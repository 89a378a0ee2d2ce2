using System.Formats.Tar;
using System.IO.Compression;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;
using Microsoft.Data.Sqlite;

namespace FlDurable.LocalHost.Tests.CommandLine;

/// <summary>Each is one clear line on stderr, exit code 2, and nothing half-written.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Theory]
    [InlineData("--clients 0", "--clients: expected 1 to 1000000, got 0")]
    [InlineData("--rounds 0", "--rounds: expected 1 to 1000000, got 0")]
    [InlineData("--fraction-fit 1.5", "--fraction-fit: expected above 0 to 1, got 1.5")]
    [InlineData("--fraction-evaluate -0.1", "--fraction-evaluate: expected 0 to 1, got -0.1")]
    [InlineData("--learning-rate NaN", "--learning-rate: expected a number, got \"NaN\"")]
    [InlineData("--id Up_Per", "--id: expected 1 to 40 of a-z, 0-9 and -")]
    [InlineData("--id ../../etc", "--id: expected 1 to 40 of a-z, 0-9 and -")]
    [InlineData("--partitioner dirichlets", "--partitioner: expected one of")]
    [InlineData("--strategy best", "--strategy: expected one of")]
    [InlineData("--engine warp", "--engine: expected one of auto, lanes, torch")]
    [InlineData("--engine torch", "--engine: torch can't train cifar10-cnn here: this build is without TorchSharp; build with -p:Torch=true (docs/engines.md)")]
    [InlineData("--network vgg", "--network: expected one of cifar10-cnn")]
    [InlineData("--clients 241", "--clients: expected at most one client an image, got 241 clients for 240 training images")]
    [InlineData("--parallel 0", "--parallel: expected a whole number from 1 to 256, got '0'")]
    [InlineData("--parallel many", "--parallel: expected a whole number from 1 to 256, got 'many'")]
    [InlineData("--initial none.safetensors", "--initial: 'none.safetensors' can't be read")]
    [InlineData("--no-such-option", "--no-such-option")]
    [InlineData("--clients", "--clients needs a value")]
    [InlineData("--clients --rounds 3", "--clients needs a value")]
    [InlineData("--bogus", "unknown option '--bogus'")]
    public async Task A_bad_option_is_refused(string arguments, string message)
    {
        var run = await workplace.RunAsync(["run", "--data", Workplace.Data, .. arguments.Split(' ')]);

        AssertRefused(run, message);
    }

    [Theory]
    [InlineData("statsu a", "fldurable: unknown command 'statsu': did you mean status? fldurable --help lists them")]
    [InlineData("frobnicate", "fldurable: unknown command 'frobnicate'; fldurable --help lists them")]
    [InlineData("sites lsit", "fldurable: unknown command 'lsit': did you mean list? sites --help lists them")]
    [InlineData("sites", "fldurable: sites: expected add, list or revoke")]
    [InlineData("status --wtach a", "fldurable: unknown option '--wtach': did you mean --watch? status --help lists them")]
    [InlineData("list --stat x", "fldurable: unknown option '--stat': did you mean --state? list --help lists them")]
    [InlineData("status a b", "fldurable: status: 'b' is one argument too many: status --help shows what it takes")]
    [InlineData("export a", "fldurable: export: expected --out FILE")]
    [InlineData("list --log-level info", "fldurable: --log-level: expected trace, debug, information, warning, error, critical, none, got 'info'")]
    [InlineData("export a --out", "fldurable: --out needs a value, got '--state'")]
    [InlineData("status --id", "fldurable: --id needs a value, got '--state'")]
    [InlineData("status --id a --id b", "fldurable: --id: expected once, got 2 values")]
    [InlineData("run --data a --data b", "fldurable: --data: expected once, got 2 values")]
    [InlineData("plot a --out x.svg --over second", "fldurable: --over: expected rounds, seconds, got 'second'")]
    [InlineData("list --log-format xml", "fldurable: --log-format: expected text, json, got 'xml'")]
    public async Task A_command_line_that_nobody_understands_is_refused_in_one_line_that_says_what_may_be_meant(string arguments, string line)
    {
        var run = await workplace.RunAsync(arguments.Split(' '));

        Assert.Equal((ExitCode.BadUsage, "", line), (run.ExitCode, run.Output, run.Error.Trim()));
    }

    [Fact]
    public async Task Help_names_no_federation_of_the_folder_and_no_words_that_are_written_otherwise()
    {
        await workplace.RunAsync("run", "--id", "one", "--data", Workplace.Data, "--clients", "2", "--rounds", "1");
        var (all, status) = (await workplace.RunAsync("--help"), await workplace.RunAsync("status", "--help"));

        Assert.DoesNotContain("one|", all.Output + status.Output, StringComparison.Ordinal);
        Assert.Matches(@"status <ID> +Show how far", all.Output);
        Assert.Matches(@"<ID> +The federation; with --hub", status.Output);
        Assert.Contains("--log-level <trace|debug|information|warning|error|critical|none>", status.Output, StringComparison.Ordinal);
        Assert.Contains("--log-format <text|json>", status.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--data none.tar.gz", "none.tar.gz")]
    [InlineData("--data synthetic:train=0", "train is '0'")]
    public async Task Bad_data_is_refused(string arguments, string message)
    {
        var run = await workplace.RunAsync(["run", .. arguments.Split(' ')]);

        AssertRefused(run, message);
    }

    [Theory]
    [InlineData("run --hub h1", "--hub: expected --storage (or $FLDURABLE_STORAGE), whose account has task hub 'h1', or --sql (or $FLDURABLE_SQL), whose database has it")]
    [InlineData("list --sql Server=here", "--sql: names the database of a task hub; expected --hub NAME as well")]
    [InlineData("status", "status: expected the ID of a federation, or --hub")]
    [InlineData("schema", "schema: expected --sql CONNECTION (or $FLDURABLE_SQL), the database of SQL Server to make the schema in")]
    [InlineData("schema --sql Server=127.0.0.1,1;Database=x;Timeout=1", "SQL Server can't be reached: this build is without the cultures")]
    [InlineData("list --hub hub1 --sql Server=127.0.0.1,1;Database=x;Timeout=1", "SQL Server can't be reached: this build is without the cultures")]
    [InlineData("node", "node: expected --hub NAME (or $FLDURABLE_HUB), the task hub to work on")]
    [InlineData("node --lock 14", "--lock: expected a whole number from 15 to 60, got '14'")]
    [InlineData("node --lock 61", "--lock: expected a whole number from 15 to 60, got '61'")]
    [InlineData("node --poll 49", "--poll: expected a whole number from 50 to 30000, got '49'")]
    [InlineData("node --poll 30001", "--poll: expected a whole number from 50 to 30000, got '30001'")]
    [InlineData("node --partitions 17", "--partitions: expected a whole number from 1 to 16, got '17'")]
    [InlineData("run --hub h1 --storage UseDevelopmentStorage=true --parallel 2", "--parallel, --timings: with --hub other processes run the federation (fldurable node --parallel)")]
    [InlineData("list --hub h-1 --storage UseDevelopmentStorage=true", "'h-1' is no task hub's name: expected 3 to 45 letters and digits, a letter first")]
    [InlineData("list --hub a23456789012345678901234567890123456789012345678901 --sql Server=127.0.0.1,1;Database=x;Timeout=1", "is no task hub's name: expected 1 to 50 characters")]
    [InlineData("list --hub hub1 --sql nonsense", "the task hub's connection isn't understood: expected SQL Server's connection string, with a database")]
    [InlineData("node --hub hub1 --sql Server=x;Database=y --partitions 2", "--partitions: a task hub in a database has none, and as many nodes run orchestrators as there are")]
    [InlineData("purge --data --hub hub1 --sql Server=x;Database=y", "--data: the artifacts are in blob storage or on a cluster")]
    public async Task A_hub_that_can_t_be_meant_is_refused(string arguments, string message) =>
        AssertRefused(await workplace.RunAsync(arguments.Split(' ')), message);

    [Theory]
    [InlineData("work --pool --queues UseDevelopmentStorage=true", "--queues: expected the artifacts' storage too, by --storage or FLDURABLE_STORAGE")]
    [InlineData("work --pool --storage UseDevelopmentStorage=true --queues nonsense", "the queues' connection isn't understood: expected UseDevelopmentStorage=true")]
    [InlineData("work --pool --storage UseDevelopmentStorage=true --queues http://account.queue.core.windows.net", "the queues' URL isn't understood: expected UseDevelopmentStorage=true")]
    [InlineData("work --pool --queues UseDevelopmentStorage=true --server https://localhost", "--queues: a worker that takes its work from queues asks no server")]
    [InlineData("work --queues UseDevelopmentStorage=true --server https://localhost", "--queues: a site's worker asks a server; a worker of the pool is started with --pool")]
    [InlineData("work --listen https://localhost", "--listen: expected http://ADDRESS:PORT")]
    public async Task Queues_and_addresses_that_a_worker_can_t_use_are_refused(string arguments, string message) =>
        AssertRefused(await workplace.RunAsync(arguments.Split(' ')), message);

    [Fact]
    public void What_a_hub_does_not_do_in_time_is_a_line_for_the_person() =>
        Assert.True(FlDurableCommand.IsForThePerson(new TimeoutException("instance 'fed' was told to end, and has not done so in 60 seconds")));

    [Fact]
    public async Task Without_a_command_the_help_is_pointed_to() => AssertRefused(await workplace.RunAsync(), "expected a command; --help lists them");

    [Fact]
    public async Task Every_bad_field_gets_a_line()
    {
        var run = await workplace.RunAsync("run", "--clients", "0", "--rounds", "0");

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Equal(2, run.ErrorLines.Length);
    }

    [Fact]
    public async Task Values_of_the_wrong_type_and_values_out_of_range_are_told_at_once()
    {
        foreach (var command in (string[])["run", "show --partition 0 --out x", "train-central --partition 0"])
        {
            var run = await workplace.RunAsync([.. command.Split(' '), "--clients", "ten", "--batch-size", "0"]);

            Assert.Equal(ExitCode.BadUsage, run.ExitCode);
            Assert.Equal(
                ["fldurable: --clients: expected a whole number, got \"ten\"", "fldurable: --batch-size: expected 1 to 4096, got 0"], run.ErrorLines);
        }
    }

    [Theory]
    [InlineData("run --id one", "id: there is no federation 'one' in the state folder '")]
    [InlineData("run one", "id: there is no federation 'one' in the state folder '")]
    [InlineData("run one --rounds 3", "id: there is no federation 'one' in the state folder '")]
    [InlineData("run one --id two", "--id: the federation is given twice, as 'one' too")]
    [InlineData("export one --id two --out x", "--id: the federation is given twice, as 'one' too")]
    [InlineData("export --out x", "export: expected the ID of a federation")]
    public async Task A_federation_that_is_only_named_must_have_been_started(string command, string message)
    {
        AssertRefused(await workplace.RunAsync(command.Split(' ')), message);
        Assert.False(Directory.Exists(workplace.State));
    }

    [Fact]
    public async Task An_unknown_field_of_a_spec_is_refused()
    {
        var run = await workplace.RunAsync("run", workplace.Write("spec.json", """{"clientz":3}"""));

        AssertRefused(run, "spec.json: clientz: unknown field");
    }

    [Theory]
    [InlineData("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "expected a JSON object of at most 16 levels, got one of more")]
    [InlineData("{\"clients\":3,,}", "expected a JSON object: it is no JSON from line 1, byte 14 on")]
    [InlineData("{\n\"clients\": three}", "clients: expected a JSON object: ")]
    [InlineData("{\n\"clients\": three}", "from line 2, byte ")]
    [InlineData("// a note\n{]", "from line 2, byte 2 on")]
    [InlineData("", "$: expected a JSON object, got nothing")]
    [InlineData("{}{}", "from line 1, byte 3 on")]
    public async Task A_spec_that_is_no_json_is_described_for_who_wrote_it(string json, string reason)
    {
        var run = await workplace.RunAsync("run", workplace.Write("spec.json", json));

        AssertRefused(run, reason);
        Assert.DoesNotContain("reader options", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none.json", "there is no such file")]
    [InlineData("none/spec.json", "there is no folder '")]
    public async Task A_file_that_is_not_there_is_said_to_be_missing_in_plain_words(string name, string reason)
    {
        var spec = await workplace.RunAsync("run", workplace[name]);
        var initial = await workplace.RunFederationAsync("--initial", workplace[name]);

        AssertRefused(spec, $"the spec '{workplace[name]}' can't be read: {reason}");
        AssertRefused(initial, $"--initial: '{workplace[name]}' can't be read: {reason}");
        Assert.DoesNotContain("Could not find", spec.Error + initial.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_in_the_place_of_a_file_is_called_one()
    {
        Directory.CreateDirectory(workplace["folder"]);

        AssertRefused(await workplace.RunAsync("run", workplace["folder"]), "is a folder; expected a file");
        AssertRefused(await workplace.RunFederationAsync("--initial", workplace["folder"]), "is a folder; expected a safetensors file");
    }

    [Fact]
    public async Task A_truncated_archive_is_refused()
    {
        WriteArchive("images.tar.gz", "train/cat/1.jpg", "train/dog/1.jpg", "test/cat/1.jpg", "test/dog/1.jpg");
        var content = await File.ReadAllBytesAsync(workplace["images.tar.gz"], TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(workplace["images.tar.gz"], content[..(content.Length / 2)], TestContext.Current.CancellationToken);

        AssertRefused(await workplace.RunAsync("run", "--data", workplace["images.tar.gz"]), "images.tar.gz");
    }

    [Fact]
    public async Task An_archive_entry_that_leaves_its_folder_is_refused()
    {
        WriteArchive("images.tar.gz", "train/../../cat.jpg");

        AssertRefused(await workplace.RunAsync("run", "--data", workplace["images.tar.gz"]), "train/../../cat.jpg");
    }

    [Fact]
    public async Task An_image_that_can_not_be_read_is_named()
    {
        WriteArchive("images.tar.gz", "train/cat/1.jpg", "train/dog/1.jpg", "test/cat/1.jpg", "test/dog/1.jpg");

        AssertRefused(await workplace.RunAsync("run", "--data", workplace["images.tar.gz"]), "cat/1.jpg");
    }

    [Fact]
    public async Task An_initial_file_of_another_shape_is_refused()
    {
        var file = workplace.Write("initial.safetensors", "this is no safetensors file");

        AssertRefused(await workplace.RunFederationAsync("--initial", file), "initial.safetensors' has no parameters of cifar10-cnn");
    }

    [Fact]
    public async Task A_state_folder_that_can_not_be_written_is_refused()
    {
        var file = workplace.Write("file", "");

        AssertRefused(
            await Workplace.RunOnAsync(Path.Combine(file, "state"), "run", "--data", Workplace.Data), Path.Combine(file, "state"));
    }

    [Fact]
    public async Task A_state_folder_of_a_newer_version_is_refused()
    {
        Directory.CreateDirectory(workplace.State);
        await using (var database = new SqliteConnection($"Data Source={Path.Combine(workplace.State, "engine.db")};Pooling=False"))
        {
            await database.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = database.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        AssertRefused(await workplace.RunFederationAsync(), "version 99");
        AssertRefused(await workplace.RunAsync("list"), "version 99");
    }

    [Fact]
    public async Task Another_programs_database_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(workplace.State);
        var file = Path.Combine(workplace.State, "engine.db");
        await using (var database = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            await database.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = database.CreateCommand();
            command.CommandText = "CREATE TABLE notes (text TEXT)";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        AssertRefused(await workplace.RunFederationAsync(), "another program's database");
        AssertRefused(await workplace.RunAsync("list"), "another program's database");
        await using var again = new SqliteConnection($"Data Source={file};Pooling=False");
        await again.OpenAsync(TestContext.Current.CancellationToken);
        await using var tables = again.CreateCommand();
        tables.CommandText = "SELECT group_concat(name) FROM sqlite_schema";
        Assert.Equal("notes", await tables.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_file_is_no_state_folder()
    {
        var file = workplace.Write("file", "");

        AssertRefused(await Workplace.RunOnAsync(file, "list"), "is a file; expected a folder");
        AssertRefused(await Workplace.RunOnAsync(file, "run", "--data", Workplace.Data), "is a file; expected a folder");
    }

    [Fact]
    public async Task A_state_folder_that_another_process_has_is_refused()
    {
        Directory.CreateDirectory(workplace.State);
        await using var other = new FileStream(
            Path.Combine(workplace.State, "engine.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        AssertRefused(await workplace.RunFederationAsync(), "in use by another process");
    }

    private void AssertRefused(CommandRun run, string message)
    {
        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(message, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.DoesNotContain(run.OutputLines, line => !line.StartsWith("data: ", StringComparison.Ordinal));
        Assert.False(Directory.Exists(Path.Combine(workplace.State, "artifacts", "federations")));
    }

    private void WriteArchive(string name, params string[] entries)
    {
        using var file = File.Create(workplace[name]);
        using var gzip = new GZipStream(file, CompressionLevel.Optimal);
        using var tar = new TarWriter(gzip);
        foreach (var entry in entries)
        {
            var content = new byte[3_000];
            Random.Shared.NextBytes(content);
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, entry) { DataStream = new MemoryStream(content) });
        }
    }
}
