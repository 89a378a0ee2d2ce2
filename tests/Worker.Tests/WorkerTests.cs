using System.Net;
using System.Net.Mime;
using System.Text;
using System.Text.Json.Nodes;
using FlDurable.LocalHost;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Worker.Tests.Support;

namespace FlDurable.Worker.Tests;

/// <summary>What goes wrong with workers in the field.</summary>
public sealed class WorkerTests : IAsyncLifetime
{
    private const string Canary = "PATIENT-4711";
    private const string Data = "synthetic:train=64,test=8,seed=";

    private SiteHost host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await SiteHost.StartAsync();
        await host.AddSiteAsync("one");
        await host.AddSiteAsync("two");
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task What_a_training_throws_stays_in_the_sites_log()
    {
        using var telemetry = new TracesAndMetrics();
        FaultyNetwork network = null!;
        var folder = host.InFolder($"{Canary}-data");
        await Simulation.RunAsync("partition", "--state", host.InFolder("other"), "--data", Data + "1", "--clients", "1", "--out", folder);
        await using var one = RunningWorker.Start(
            host, "one", Path.Combine(folder, "client-0"), request => request with { Between = inner => network = new FaultyNetwork(inner) },
            OtherEngine.Replacing(_ => throw new IOException($"can't read /data/{Canary}/scan.png")));
        await using var two = RunningWorker.Start(host, "two", Data + "2");

        await host.StartFederationAsync("fed", "one,two", ("quorum", 1), ("rounds", 1));
        var federation = await host.WaitAsync("fed");

        Assert.Equal("completed", federation["status"]!.GetValue<string>());
        var failure = (await host.RoundAsync("fed", 1))["failures"]!.AsArray().First(failure => failure!["activity"]!.GetValue<string>() == "TrainClient")!;
        Assert.Equal(("one", "it failed at the site, whose log says why"), (failure["client"]!.GetValue<string>(), failure["reason"]!.GetValue<string>()));
        Assert.Contains(Canary, one.Log, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"broken\"", network.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, network.Text, StringComparison.Ordinal);
        AssertNothingOf(Canary);
        var told = telemetry.Told;
        Assert.Contains(told, line => line.StartsWith($"metric {WorkerSigns.MeterName} ", StringComparison.Ordinal));
        Assert.Contains(told, line => line.StartsWith("metric FlDurable ", StringComparison.Ordinal));
        Assert.Contains(told, line => line.StartsWith("span FlDurable ", StringComparison.Ordinal));
        Assert.DoesNotContain(told, line => line.Contains(Canary, StringComparison.Ordinal));
        using var exported = await host.SendAsync(HttpMethod.Get, "/metrics");
        Assert.DoesNotContain(Canary, await exported.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_can_not_be_read_is_named_in_the_sites_log_alone()
    {
        FaultyNetwork network = null!;
        var folder = host.InFolder("parts");
        await Simulation.RunAsync("partition", "--state", host.InFolder("other"), "--data", Data + "1", "--clients", "1", "--out", folder);
        var image = Directory.GetFiles(folder, "*.png", SearchOption.AllDirectories)[0];
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(image)!, $"{Canary}.png"), "no image", Cancel);
        await using var one = RunningWorker.Start(
            host, "one", Path.Combine(folder, "client-0"), request => request with { Between = inner => network = new FaultyNetwork(inner) });

        await SiteHost.UntilAsync(() => Task.FromResult(one.Log.Contains(Canary, StringComparison.Ordinal)), () => one.Log);

        Assert.Empty(network.Requests);
        AssertNothingOf(Canary);
    }

    [Fact]
    public async Task Records_that_can_not_be_read_are_left_out_as_the_policy_allows_and_only_their_number_is_told()
    {
        FaultyNetwork network = null!;
        var (policy, folder) = (host.InFolder("policy.json"), await PartWithBrokenRecordAsync());
        await File.WriteAllTextAsync(policy, """{"unreadable": {"skipAtMostPercent": 2}}""", Cancel);
        await using var one = RunningWorker.Start(
            host, "one", folder, request => request with { PolicyFile = policy, Between = inner => network = new FaultyNetwork(inner) });
        await host.StartFederationAsync("fed", "one", ("rounds", 1), ("fractionEvaluate", 0));
        Assert.Equal("completed", (await host.WaitAsync("fed"))["status"]!.GetValue<string>());

        var site = (await SiteHost.JsonAsync(await host.SendAsync(HttpMethod.Get, "/api/sites")))["sites"]![0]!;
        Assert.Equal(1, site["leftOut"]!.GetValue<int>());
        var used = (await host.RoundAsync("fed", 1))["participants"]!.AsArray().Single()!["examples"]!.GetValue<int>();
        Assert.Equal(used, site["trainExamples"]!.GetValue<int>());
        Assert.Equal(Directory.GetFiles(Path.Combine(folder, "train"), "*.png", SearchOption.AllDirectories).Length - 1, used);
        Assert.Equal([1], SiteWorker.AuditOf(one.Folder).Read().Where(entry => entry.What == AuditEntry.Enrolled).Select(entry => entry.LeftOut));
        Assert.Contains("left out", await Simulation.RunAsync("sites", "list", "--state", host.StateFolder), StringComparison.Ordinal);
        Assert.Matches("1 of [0-9]+ records can't be read and are left out", one.Log);
        Assert.Contains(Canary, one.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, network.Text, StringComparison.Ordinal);
        AssertNothingOf(Canary);
    }

    [Theory]
    [InlineData("""{"unreadable": "refuse"}""")]
    [InlineData("""{"unreadable": {"skipAtMostPercent": 1}}""")] // it is 1 of 65
    public async Task More_records_that_can_not_be_read_than_the_policy_allows_keep_the_site_away(string allows)
    {
        FaultyNetwork network = null!;
        var policy = host.InFolder("policy.json");
        await File.WriteAllTextAsync(policy, allows, Cancel);
        await using var one = RunningWorker.Start(
            host, "one", await PartWithBrokenRecordAsync(), request => request with { PolicyFile = policy, Between = inner => network = new FaultyNetwork(inner) });

        await SiteHost.UntilAsync(() => Task.FromResult(one.Log.Contains("Not ready for work", StringComparison.Ordinal)), () => one.Log);

        Assert.Contains(Canary, one.Log, StringComparison.Ordinal);
        Assert.Empty(network.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_record_that_is_added_during_training_refuses_the_update(bool isReadable)
    {
        FaultyNetwork network = null!;
        var policy = host.InFolder("policy.json");
        await File.WriteAllTextAsync(policy, """{"unreadable": {"skipAtMostPercent": 10}}""", Cancel);
        var folder = host.InFolder("parts");
        await Simulation.RunAsync("partition", "--state", host.InFolder("other"), "--data", Data + "1", "--clients", "1", "--out", folder);
        var image = Directory.GetFiles(Path.Combine(folder, "client-0", "train"), "*.png", SearchOption.AllDirectories)[0];
        File.Delete(Path.Combine(folder, "client-0", "fldurable-images.json"));
        await using var one = RunningWorker.Start(
            host, "one", Path.Combine(folder, "client-0"), request => request with { PolicyFile = policy, Between = inner => network = new FaultyNetwork(inner) },
            OtherEngine.Replacing(_ =>
            {
                if (isReadable)
                    File.Copy(image, Path.Combine(Path.GetDirectoryName(image)!, "added.png"), overwrite: true);
                else
                    File.WriteAllText(Path.Combine(Path.GetDirectoryName(image)!, "added.png"), "no image");
            }));

        await host.StartFederationAsync("fed", "one", ("rounds", 1), ("roundAttempts", 1), ("fractionEvaluate", 0));

        Assert.Contains("data is not what it was when the federation began", (await host.WaitAsync("fed")).ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(network.Requests, request => request.Contains("/updates/", StringComparison.Ordinal));
    }

    /// <summary>A part of 64 images, and one that is none, which has the canary's name.</summary>
    private async Task<string> PartWithBrokenRecordAsync()
    {
        var folder = host.InFolder("parts");
        await Simulation.RunAsync("partition", "--state", host.InFolder("other"), "--data", Data + "1", "--clients", "1", "--out", folder);
        var part = Path.Combine(folder, "client-0");
        File.Delete(Path.Combine(part, "fldurable-images.json"));
        var image = Directory.GetFiles(Path.Combine(part, "train"), "*.png", SearchOption.AllDirectories)[0];
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(image)!, $"{Canary}.png"), "no image", Cancel);
        return part;
    }

    [Fact]
    public async Task A_site_that_leaves_once_its_work_is_done_counts_and_one_whose_key_was_revoked_meanwhile_does_not()
    {
        var training = new TaskCompletionSource();
        await using var two = RunningWorker.Start(host, "two", Data + "2", configure: OtherEngine.Replacing(cancel =>
        {
            training.TrySetResult();
            cancel.WaitHandle.WaitOne();
            cancel.ThrowIfCancellationRequested();
        }));
        await using (var one = RunningWorker.Start(host, "one", Data + "1", request => request with { Once = true }))
        {
            await host.StartFederationAsync(
                "fed", "one,two", ("quorum", 1), ("rounds", 1), ("fractionEvaluate", 0),
                ("placement", new JsonObject { ["kind"] = "site", ["attemptTimeoutSeconds"] = 4, ["maxAttempts"] = 1 }));
            await one.Ended;
        }

        await training.Task.WaitAsync(Cancel);
        using var revoked = await host.SendAsync(HttpMethod.Delete, "/api/sites/two/keys");

        await Assert.ThrowsAsync<KeyRefusedException>(() => two.Ended);
        Assert.Equal("completed", (await host.WaitAsync("fed"))["status"]!.GetValue<string>());
        var record = await host.RoundAsync("fed", 1);
        Assert.Equal(["one"], record["participants"]!.AsArray().Where(one => one!["examples"] is not null).Select(one => one!["client"]!.GetValue<string>()));
        Assert.Equal("two", record["failures"]!.AsArray().Single()!["client"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_log_that_can_not_be_written_harms_nothing()
    {
        using var unwritable = new UnwritableText();
        await host.StartFederationAsync("fed", "one", ("rounds", 1), ("fractionEvaluate", 0));

        await FlDurableCommand.RunAsync(
            ["work", "--once", "--state", host.InFolder("program"), "--server", host.Address.AbsoluteUri, "--key-file", host.KeyFile("one"), "--data", Data + "1"],
            new Terminal(unwritable, unwritable, outputIsTerminal: false, errorIsTerminal: false), Cancel);

        Assert.True(unwritable.WasTried);
        Assert.Equal("completed", (await host.WaitAsync("fed"))["status"]!.GetValue<string>());
        Assert.Empty((await host.RoundAsync("fed", 1))["failures"]!.AsArray());
        Assert.Single(SiteWorker.AuditOf(Path.Combine(host.InFolder("program"), "work")).Read(), entry => entry.What == AuditEntry.Trained);
    }

    [Fact]
    public async Task A_training_for_which_memory_does_not_suffice_is_a_named_failure_and_ends_the_worker()
    {
#pragma warning disable CA2201 // It is the runtime's own that is met.
        await using var one = RunningWorker.Start(host, "one", Data + "1", configure: OtherEngine.Replacing(_ => throw new OutOfMemoryException(Canary)));
#pragma warning restore CA2201
        await using var two = RunningWorker.Start(host, "two", Data + "2");

        await host.StartFederationAsync("fed", "one,two", ("quorum", 1), ("rounds", 1), ("fractionEvaluate", 0));
        await host.WaitAsync("fed");

        Assert.Contains("not enough memory", (await Assert.ThrowsAsync<WorkerException>(() => one.Ended)).Message, StringComparison.Ordinal);
        Assert.Equal("the site had not enough memory", (await host.RoundAsync("fed", 1))["failures"]!.AsArray().Single()!["reason"]!.GetValue<string>());
        AssertNothingOf(Canary);
    }

    [Fact]
    public async Task A_site_without_room_takes_no_work_until_it_has_some()
    {
        FaultyNetwork network = null!;
        var free = 100L << 20;
        await using var one = RunningWorker.Start(
            host, "one", Data + "1", request => request with { FreeBytes = () => Interlocked.Read(ref free), Between = inner => network = new FaultyNetwork(inner) });
        await host.StartFederationAsync("fed", "one", ("rounds", 1));

        await SiteHost.UntilAsync(() => Task.FromResult(one.Log.Contains("256 MB are free where the worker keeps its work: it takes none", StringComparison.Ordinal)), () => one.Log);
        Assert.All(network.Requests, request => Assert.Equal("PUT /api/work/enrolment", request));
        Interlocked.Exchange(ref free, 1L << 30);

        Assert.Equal("completed", (await host.WaitAsync("fed"))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_lease_is_renewed_while_its_update_is_slowly_on_its_way()
    {
        var renewed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var one = RunningWorker.Start(host, "one", Data + "1", request => request with
        {
            Between = inner => new FaultyNetwork(inner)
            {
                Before = async call =>
                {
                    if (call.RequestUri!.AbsolutePath.EndsWith("/renewals", StringComparison.Ordinal))
                        renewed.TrySetResult();
                    if (call.Method == HttpMethod.Put && call.RequestUri.AbsolutePath.Contains("/updates/", StringComparison.Ordinal))
                        await renewed.Task.WaitAsync(Cancel);
                },
            },
        });

        await host.StartFederationAsync(
            "fed", "one", ("rounds", 1), ("fractionEvaluate", 0), ("placement", new JsonObject { ["kind"] = "site", ["attemptTimeoutSeconds"] = 5 }));

        Assert.Equal("completed", (await host.WaitAsync("fed"))["status"]!.GetValue<string>());
        Assert.Empty((await host.RoundAsync("fed", 1))["failures"]!.AsArray());
    }

    [Fact]
    public async Task A_site_whose_clock_is_an_hour_off_in_another_zone_has_the_same_bits_and_an_audit_file_in_UTC()
    {
        await using (RunningWorker.Start(host, "one", Data + "1"))
        {
            await host.StartFederationAsync("right", "one");
            await host.WaitAsync("right");
        }

        await using var off = RunningWorker.Start(host, "two", Data + "1", time: new AnotherClock());
        await host.StartFederationAsync("off", "two", ("seed", 42));
        var federation = await host.WaitAsync("off");

        Assert.Equal("completed", federation["status"]!.GetValue<string>());
        Assert.Equal(SiteHost.Parameters(await host.WaitAsync("right")), SiteHost.Parameters(federation));
        Assert.All(SiteWorker.AuditOf(off.Folder).Read(), entry => Assert.InRange((entry.At - DateTime.UtcNow).TotalHours, 0.9, 1));
        Assert.All(await File.ReadAllLinesAsync(Path.Combine(off.Folder, "audit.jsonl"), Cancel), line => Assert.Matches("^\\{\"at\":\"[^\"]+Z\"", line));
    }

    [Fact]
    public async Task The_program_ends_with_a_code_of_its_own_when_the_host_does_not_take_its_key()
    {
        using var revoked = await host.SendAsync(HttpMethod.Delete, "/api/sites/one/keys");
        using var text = new StringWriter();
        var writer = TextWriter.Synchronized(text);

        var code = await FlDurableCommand.RunAsync(
            ["work", "--state", host.InFolder("program"), "--server", host.Address.AbsoluteUri, "--key-file", host.KeyFile("one"), "--data", Data + "1"],
            new Terminal(writer, writer, outputIsTerminal: false, errorIsTerminal: false), Cancel);

        Assert.True(code == ExitCode.KeyRefused, $"{code}: {text}");
        Assert.Equal(3, ExitCode.KeyRefused);
        Assert.Contains("the host does not take the key of", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_image_of_a_site_is_at_the_server_and_little_more_than_models_has_left()
    {
        FaultyNetwork network = null!;
        var folder = host.InFolder("parts");
        await Simulation.RunAsync("partition", "--state", host.InFolder("other"), "--data", Data + "1", "--clients", "1", "--out", folder);
        await using var one = RunningWorker.Start(
            host, "one", Path.Combine(folder, "client-0"), request => request with { Between = inner => network = new FaultyNetwork(inner) });
        await using var two = RunningWorker.Start(host, "two", Data + "2");

        await host.StartFederationAsync("fed", "one,two", ("rounds", 3));
        await host.WaitAsync("fed");

        var model = new FileInfo(Path.Combine(host.StateFolder, "artifacts/federations/fed/model.safetensors")).Length;
        const int metadata = 3 << 10; // a request for work, an order, reports and their headers
        Assert.InRange(network.Sent, 3 * model, (3 * (model + metadata)) + (8 * metadata));
        using var library = new SiteImages(one, folder);
        Assert.NotEmpty(library.Images);
        foreach (var file in FilesOfServer())
        {
            var content = await ReadAsync(file);
            Assert.All(library.Images, image => Assert.True(content.AsSpan().IndexOf(image) < 0, file));
        }
    }

    [Fact]
    public async Task What_a_policy_forbids_is_refused_by_name_before_anything_is_sent()
    {
        FaultyNetwork network = null!;
        var policy = host.InFolder("policy.json");
        await File.WriteAllTextAsync(policy, """{"strategies": ["fedavg", "fedprox"], "maxEpochs": 2, "sharesClassCounts": false}""", Cancel);
        await using var one = RunningWorker.Start(
            host, "one", Data + "1", request => request with { PolicyFile = policy, Between = inner => network = new FaultyNetwork(inner) });
        await using var two = RunningWorker.Start(host, "two", Data + "2");

        await host.StartFederationAsync("adam", "one,two", ("quorum", 1), ("rounds", 1), ("strategy", "fedadam"), ("fractionEvaluate", 0));
        await host.StartFederationAsync("long", "one,two", ("quorum", 1), ("rounds", 1), ("epochs", 3), ("fractionEvaluate", 0));
        await host.WaitAsync("adam");
        await host.WaitAsync("long");

        Assert.Equal("the site's policy does not allow the strategy (strategies)", Reason(await host.RoundAsync("adam", 1)));
        Assert.Equal("the site's policy does not allow so many epochs (maxEpochs 2)", Reason(await host.RoundAsync("long", 1)));
        Assert.DoesNotContain(network.Requests, request => request.StartsWith("PUT", StringComparison.Ordinal) && request.Contains("/updates/", StringComparison.Ordinal));
        Assert.DoesNotContain(network.Requests, request => request.EndsWith("/parameters", StringComparison.Ordinal));
        Assert.Equal(["adam", "long"], SiteWorker.AuditOf(one.Folder).Read().Where(entry => entry.What == AuditEntry.Refused).Select(entry => entry.Federation).Order());
        using var sites = await host.SendAsync(HttpMethod.Get, "/api/sites");
        Assert.Null((await SiteHost.JsonAsync(sites))["sites"]!.AsArray().First(site => site!["name"]!.GetValue<string>() == "one")!["classCounts"]);

        static string Reason(JsonObject record) => record["failures"]!.AsArray().Single()!["reason"]!.GetValue<string>();
    }

    [Fact]
    public async Task Work_that_a_sites_worker_can_not_do_is_not_leased_and_the_list_of_sites_says_why()
    {
        FaultyNetwork network = null!;
        await using var one = RunningWorker.Start(
            host, "one", Data + "1", request => request with { Between = inner => network = new FaultyNetwork(inner) }, OtherEngine.Named("another"));
        await host.StartFederationAsync("fed", "one", ("rounds", 1), ("engine", "lanes"));
        const string why = "training of round 1 waits for a worker of site one that can do it: of the last that asked, it has no engine 'lanes'";

        await host.WaitAsync("fed", federation => federation["waiting"]?.GetValue<string>() == why);

        using var sites = await host.SendAsync(HttpMethod.Get, "/api/sites");
        Assert.Equal($"fed: {why}", (await SiteHost.JsonAsync(sites))["sites"]![0]!["waiting"]!.AsArray().Single()!.GetValue<string>());
        Assert.Contains($"fed: {why}", await Simulation.RunAsync("sites", "list", "--state", host.StateFolder), StringComparison.Ordinal);
        Assert.DoesNotContain(network.Requests, request => request.Contains("/leases/", StringComparison.Ordinal));
        await one.StopAsync();
        await using var able = RunningWorker.Start(host, "one", Data + "1");
        Assert.Equal("completed", (await host.WaitAsync("fed"))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_policy_and_a_key_that_are_half_written_hold_the_worker_up_until_they_are_whole()
    {
        var policy = host.InFolder("policy.json");
        await File.WriteAllTextAsync(policy, "{}", Cancel);
        await using var one = RunningWorker.Start(host, "one", Data + "1", request => request with { PolicyFile = policy });
        await host.StartFederationAsync("before", "one", ("rounds", 1));
        Assert.Equal("completed", (await host.WaitAsync("before"))["status"]!.GetValue<string>());
        var key = await File.ReadAllTextAsync(host.KeyFile("one"), Cancel);

        await File.WriteAllTextAsync(policy, """{"maxEpochs": """, Cancel);
        await File.WriteAllTextAsync(host.KeyFile("one"), key[..^9], Cancel);
        await host.StartFederationAsync("after", "one", ("rounds", 1));
        await SiteHost.UntilAsync(() => Task.FromResult(one.Log.ToString().Contains("holds no site's key", StringComparison.Ordinal)), () => one.Log.ToString());
        await File.WriteAllTextAsync(host.KeyFile("one"), key, Cancel);
        await SiteHost.UntilAsync(() => Task.FromResult(one.Log.ToString().Contains("can't be used", StringComparison.Ordinal)), () => one.Log.ToString());
        Assert.NotEqual("completed", (await host.WaitAsync("after", federation => true))["status"]!.GetValue<string>());
        await File.WriteAllTextAsync(policy, """{"maxEpochs": 5}""", Cancel);

        Assert.Equal("completed", (await host.WaitAsync("after"))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_day_has_so_many_trainings_and_evaluations_as_the_policy_allows()
    {
        var policy = host.InFolder("policy.json");
        await File.WriteAllTextAsync(policy, """{"maxRoundsADay": 1, "maxEvaluationsADay": 1}""", Cancel);
        await using var one = RunningWorker.Start(host, "one", Data + "1", request => request with { PolicyFile = policy });
        await using var two = RunningWorker.Start(host, "two", Data + "2");

        await host.StartFederationAsync("fed", "one,two", ("quorum", 1), ("rounds", 2), ("fractionEvaluate", 1));
        await host.WaitAsync("fed");

        Assert.Empty((await host.RoundAsync("fed", 1))["failures"]!.AsArray());
        Assert.Equal(
            ["the site's policy allows no more evaluations on this day (maxEvaluationsADay 1)", "the site's policy allows no more rounds on this day (maxRoundsADay 1)"],
            (await host.RoundAsync("fed", 2))["failures"]!.AsArray().Select(failure => failure!["reason"]!.GetValue<string>()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Numbers_of_examples_leave_rounded_and_all_examples_are_trained_on()
    {
        var policy = host.InFolder("policy.json");
        await File.WriteAllTextAsync(policy, "{}", Cancel);
        await using (RunningWorker.Start(host, "one", Data + "1", request => request with { PolicyFile = policy }))
        {
            await host.StartFederationAsync("exact", "one", ("rounds", 1));
            await host.WaitAsync("exact");
        }

        await File.WriteAllTextAsync(policy, """{"examplesInStepsOf": 50}""", Cancel);
        await using var one = RunningWorker.Start(host, "one", Data + "1", request => request with { PolicyFile = policy });
        await SiteHost.UntilAsync(async () => (await SiteAsync())["trainExamples"]!.GetValue<int>() == 50, () => one.Log);
        await host.StartFederationAsync("rounded", "one", ("rounds", 1));
        await host.WaitAsync("rounded");

        Assert.Equal(1, (await SiteAsync())["validationExamples"]!.GetValue<int>());
        Assert.Empty((await host.RoundAsync("rounded", 1))["failures"]!.AsArray());
        Assert.Equal(SiteHost.Parameters(await host.WaitAsync("exact")), SiteHost.Parameters(await host.WaitAsync("rounded"))); // a mean of one has no weights
        Assert.Equal(50, (await host.RoundAsync("rounded", 1))["participants"]!.AsArray().Single()!["examples"]!.GetValue<int>());

        async Task<JsonNode> SiteAsync()
        {
            using var sites = await host.SendAsync(HttpMethod.Get, "/api/sites");
            return (await SiteHost.JsonAsync(sites))["sites"]!.AsArray().Single(site => site!["name"]!.GetValue<string>() == "one")!;
        }
    }

    [Fact]
    public async Task A_policy_that_is_changed_holds_from_then_on()
    {
        var policy = host.InFolder("policy.json");
        await File.WriteAllTextAsync(policy, """{"federations": ["known-*"]}""", Cancel);
        await using var one = RunningWorker.Start(host, "one", Data + "1", request => request with { PolicyFile = policy });

        await host.StartFederationAsync("fed", "one", ("rounds", 1), ("roundAttempts", 1));
        Assert.Equal("failed", (await host.WaitAsync("fed"))["status"]!.GetValue<string>());
        await File.WriteAllTextAsync(policy, """{"federations": ["known-*", "fed-2"]}""", Cancel);
        await host.StartFederationAsync("fed-2", "one", ("rounds", 1));
        await host.StartFederationAsync("known-3", "one", ("rounds", 1));

        Assert.Equal("completed", (await host.WaitAsync("fed-2"))["status"]!.GetValue<string>());
        Assert.Equal("completed", (await host.WaitAsync("known-3"))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_completion_whose_answer_was_lost_is_asked_for_and_counts_once()
    {
        var lost = new HashSet<string>(StringComparer.Ordinal);
        await using var one = RunningWorker.Start(host, "one", Data + "1", request => request with
        {
            Between = inner => new FaultyNetwork(inner)
            {
                LosesAnswer = call => IsCompletion(call) && lost.Add(call.RequestUri!.AbsolutePath),
            },
        });

        await host.StartFederationAsync("fed", "one", ("rounds", 2));
        var federation = await host.WaitAsync("fed");

        Assert.Equal("completed", federation["status"]!.GetValue<string>());
        Assert.Contains(lost, path => path.EndsWith("/completion", StringComparison.Ordinal));
        Assert.Contains(lost, path => path.Contains("/updates/", StringComparison.Ordinal));
        foreach (var round in (int[])[1, 2])
            Assert.Empty((await host.RoundAsync("fed", round))["failures"]!.AsArray());
        Assert.Equal(2, SiteWorker.AuditOf(one.Folder).Read().Count(entry => entry.What == AuditEntry.Trained));
    }

    /// <summary>Says what came of work: by itself, or with the last of an update.</summary>
    private static bool IsCompletion(HttpRequestMessage call) =>
        call.RequestUri!.AbsolutePath.EndsWith("/completion", StringComparison.Ordinal) || call.Headers.Contains(Shared.Work.WorkProtocol.ReportHeader);

    [Fact]
    public async Task A_worker_that_dies_between_upload_and_completion_does_not_train_again_and_its_day_counts_one()
    {
        var reached = new TaskCompletionSource();
        var policy = host.InFolder("policy.json");
        await File.WriteAllTextAsync(policy, """{"maxRoundsADay": 1}""", Cancel);
        await using (var killed = RunningWorker.Start(host, "one", Data + "1", request => request with
        {
            PolicyFile = policy,
            Between = inner => new FaultyNetwork(inner)
            {
                LosesRequest = call =>
                {
                    if (IsCompletion(call))
                        reached.TrySetResult();
                    return IsCompletion(call) || call.RequestUri!.AbsolutePath.EndsWith("/return", StringComparison.Ordinal);
                },
            },
        }))
        {
            await host.StartFederationAsync("fed", "one", ("rounds", 1), ("fractionEvaluate", 0));
            await reached.Task.WaitAsync(Cancel);
        }

        OtherEngine engine = null!;
        await using var next = RunningWorker.Start(
            host, "one", Data + "1", request => request with { PolicyFile = policy }, OtherEngine.Replacing(_ => { }, made => engine = made));
        var federation = await host.WaitAsync("fed");

        Assert.Equal("completed", federation["status"]!.GetValue<string>());
        Assert.Equal(0, engine.Epochs);
        Assert.Empty((await host.RoundAsync("fed", 1))["failures"]!.AsArray());
        Assert.Contains("taken up again", next.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_stopped_gives_its_work_back_however_often()
    {
        await host.StartFederationAsync("fed", "one", ("rounds", 1), ("roundAttempts", 1));
        for (var time = 0; time < 5; time++)
        {
            var training = new TaskCompletionSource();
            await using var stopped = RunningWorker.Start(host, "one", Data + "1", configure: OtherEngine.Replacing(cancel =>
            {
                training.TrySetResult();
                cancel.WaitHandle.WaitOne();
                cancel.ThrowIfCancellationRequested();
            }));
            await training.Task.WaitAsync(Cancel);
            await stopped.StopAsync();
            Assert.Contains("given back", stopped.Log, StringComparison.Ordinal);
        }

        await using var last = RunningWorker.Start(host, "one", Data + "1");
        Assert.Equal("completed", (await host.WaitAsync("fed"))["status"]!.GetValue<string>());
        Assert.Empty((await host.RoundAsync("fed", 1))["failures"]!.AsArray());
    }

    [Fact]
    public async Task A_training_that_hangs_is_a_named_failure_and_ends_the_worker()
    {
        await using var one = RunningWorker.Start(
            host, "one", Data + "1", request => request with { Stall = TimeSpan.FromSeconds(1) }, OtherEngine.Replacing(_ => Thread.Sleep(Timeout.Infinite)));
        await using var two = RunningWorker.Start(host, "two", Data + "2");

        await host.StartFederationAsync("fed", "one,two", ("quorum", 1), ("rounds", 1), ("fractionEvaluate", 0));
        await host.WaitAsync("fed");

        var ended = await Assert.ThrowsAsync<WorkerException>(() => one.Ended);
        Assert.Contains("got no further", ended.Message, StringComparison.Ordinal);
        Assert.Equal("the training at the site got no further for 1 seconds", (await host.RoundAsync("fed", 1))["failures"]!.AsArray().Single()!["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task Work_of_a_federation_that_was_terminated_is_stopped_and_nothing_is_sent()
    {
        FaultyNetwork network = null!;
        var training = new TaskCompletionSource();
        await using var one = RunningWorker.Start(
            host, "one", Data + "1", request => request with { Between = inner => network = new FaultyNetwork(inner) },
            OtherEngine.Replacing(cancel =>
            {
                training.TrySetResult();
                cancel.WaitHandle.WaitOne();
                cancel.ThrowIfCancellationRequested();
            }));
        await host.StartFederationAsync("fed", "one", ("rounds", 1), ("placement", new JsonObject { ["kind"] = "site", ["attemptTimeoutSeconds"] = 3 }));
        await training.Task.WaitAsync(Cancel);
        using var answer = await host.SendAsync(HttpMethod.Post, "/api/federations/fed/terminate");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);

        await SiteHost.UntilAsync(() => Task.FromResult(one.Log.Contains("the lease is over", StringComparison.Ordinal)), () => one.Log);
        Assert.DoesNotContain(network.Requests, request => request.Contains("/updates/", StringComparison.Ordinal) || request.EndsWith("/completion", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Data_that_is_another_than_when_the_federation_began_is_refused_by_name()
    {
        var folder = host.InFolder("parts");
        await Simulation.RunAsync("partition", "--state", host.InFolder("other"), "--data", Data + "1", "--clients", "2", "--out", folder);
        var changed = false;
        await using var one = RunningWorker.Start(host, "one", Path.Combine(folder, "client-0"), configure: OtherEngine.Replacing(_ =>
        {
            if (changed)
                return;
            changed = true;

            // Another's images in the place of its own, while it trains.
            Directory.Delete(Path.Combine(folder, "client-0"), recursive: true);
            Directory.Move(Path.Combine(folder, "client-1"), Path.Combine(folder, "client-0"));
        }));
        await using var two = RunningWorker.Start(host, "two", Data + "2");

        await host.StartFederationAsync("fed", "one,two", ("quorum", 1), ("rounds", 2), ("fractionEvaluate", 0));
        await host.WaitAsync("fed");

        foreach (var round in (int[])[1, 2])
        {
            var failure = (await host.RoundAsync("fed", round))["failures"]!.AsArray().Single()!;
            Assert.Equal(("one", "the site's data is not what it was when the federation began"), (failure["client"]!.GetValue<string>(), failure["reason"]!.GetValue<string>()));
        }
    }

    [Fact]
    public async Task A_worker_whose_key_is_revoked_ends()
    {
        await using var one = RunningWorker.Start(host, "one", Data + "1");
        await SiteHost.UntilAsync(AsksAsync, () => one.Log);

        using var revoked = await host.SendAsync(HttpMethod.Delete, "/api/sites/one/keys");
        await host.StopServerAsync(); // ends its wait for work
        await host.StartServerAsync();

        await Assert.ThrowsAsync<KeyRefusedException>(() => one.Ended);

        async Task<bool> AsksAsync()
        {
            using var sites = await host.SendAsync(HttpMethod.Get, "/api/sites");
            return (await SiteHost.JsonAsync(sites))["sites"]![0]!["status"]!.GetValue<string>() == "asking";
        }
    }

    [Fact]
    public async Task A_page_that_wants_a_login_is_no_answer()
    {
        var portal = 3;
        await using var one = RunningWorker.Start(host, "one", Data + "1", request => request with
        {
            Between = inner => new FaultyNetwork(inner)
            {
                Answers = call => call.RequestUri!.AbsolutePath.EndsWith("/leases", StringComparison.Ordinal) && portal-- > 0
                    ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("<html>log in", Encoding.UTF8, MediaTypeNames.Text.Html) }
                    : null,
            },
        });

        await host.StartFederationAsync("fed", "one", ("rounds", 1));

        Assert.Equal("completed", (await host.WaitAsync("fed"))["status"]!.GetValue<string>());
        Assert.Contains("text/html in the place of JSON", one.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_federation_waits_for_a_site_that_has_not_enrolled()
    {
        await using var one = RunningWorker.Start(host, "one", Data + "1");
        await host.StartFederationAsync("fed", "one,two", ("rounds", 1));
        await host.WaitAsync("fed", federation => federation["progress"]?["doing"]?.GetValue<string>() == "waiting for two to enrol");

        await using var two = RunningWorker.Start(host, "two", Data + "2");

        Assert.Equal("completed", (await host.WaitAsync("fed"))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Sites_with_different_classes_do_not_begin()
    {
        await using var one = RunningWorker.Start(host, "one", Data + "1");
        using var two = host.Caller("two");
        var other = new Shared.Work.Enrolment(1, new string('1', 32), "1.0", new(3, 32, 32), ["cat", "dog"], 10, 2, new string('a', 64));
        using var enrolled = await two.PutAsync(new Uri("/api/work/enrolment", UriKind.Relative), SiteHost.Body(other), Cancel);
        await host.StartFederationAsync("fed", "one,two");

        var federation = await host.WaitAsync("fed");

        Assert.Contains("site two has 2 classes, one 10", federation["failure"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_audit_file_nothing_leaves()
    {
        FaultyNetwork network = null!;
        var folder = host.InFolder("work-one");
        Directory.CreateDirectory(Path.Combine(folder, "audit.jsonl")); // a folder can't be appended to
        await using var one = RunningWorker.Start(host, "one", Data + "1", request => request with { Between = inner => network = new FaultyNetwork(inner) });

        var ended = await Assert.ThrowsAsync<WorkerException>(() => one.Ended);

        Assert.Contains("nothing may leave", ended.Message, StringComparison.Ordinal);
        Assert.Empty(network.Requests);
    }

    [Fact]
    public async Task A_key_that_others_can_read_is_not_used()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are Unix's");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(host.KeyFile("one"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        await using var one = RunningWorker.Start(host, "one", Data + "1");

        Assert.Contains("chmod 600", (await Assert.ThrowsAsync<WorkerException>(() => one.Ended)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_this_machine_is_called_without_encryption()
    {
        await using var one = RunningWorker.Start(host, "one", Data + "1", request => request with { Server = new Uri("http://fl.example") });

        Assert.Contains("expected https", (await Assert.ThrowsAsync<WorkerException>(() => one.Ended)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_workers_do_not_share_a_folder()
    {
        await using var one = RunningWorker.Start(host, "one", Data + "1");
        await SiteHost.UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(one.Folder, "process"))), () => one.Log);
        await using var same = RunningWorker.Start(host, "one", Data + "1");

        Assert.Contains("another worker has the folder", (await Assert.ThrowsAsync<WorkerException>(() => same.Ended)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0.00999, 0.01001)]
    [InlineData(1, 2, 3)] // 0.01 times the root of 62,006 parameters is 2.5
    public async Task A_clip_and_noise_of_the_sites_own_change_what_leaves(int noiseMultiplier, double least, double most)
    {
        var policy = host.InFolder("policy.json");
        await File.WriteAllTextAsync(policy, $$$"""{"privacy": {"clip": 0.01, "noiseMultiplier": {{{noiseMultiplier}}}}}""", Cancel);
        await using var one = RunningWorker.Start(host, "one", Data + "1", request => request with { PolicyFile = policy });

        await host.StartFederationAsync("fed", "one", ("rounds", 1), ("fractionEvaluate", 0));
        await host.WaitAsync("fed");

        var norm = (await host.RoundAsync("fed", 1))["participants"]!.AsArray().Single()!["updateNorm"]!.GetValue<double>();
        Assert.InRange(norm, least, most);
    }

    [Theory]
    [InlineData(-1e6, 0)]
    [InlineData(0, 1)]
    [InlineData(double.NaN, 1)]
    [InlineData(1, -1)]
    [InlineData(1, double.NaN)]
    public void What_a_host_asks_for_can_not_take_the_sites_own_privacy_away(double clip, double noiseMultiplier)
    {
        var policy = SitePolicy.Parse("""{"privacy": {"clip": 1, "noiseMultiplier": 2}}"""u8.ToArray(), "policy.json");

        Assert.Throws<WorkDeclinedException>(() => policy.Over(new PrivacyOptions(noiseMultiplier, PrivacyOptions.Client, Clip: clip)));
        Assert.Equal((0.5, 4.0), policy.Over(new PrivacyOptions(1, PrivacyOptions.Client, Clip: 0.5)) is { } over ? (over.Clip, over.NoiseMultiplier) : default);
    }

    [Theory]
    [InlineData("{}", 0.123456, "secret 0.987654,shared -0.333333")]
    [InlineData("""{"metricDecimals": 2}""", 0.12, "secret 0.99,shared -0.33")]
    [InlineData("""{"metricDecimals": 2, "additionalMetrics": ["shared", "unheard"]}""", 0.12, "shared -0.33")]
    [InlineData("""{"additionalMetrics": []}""", 0.123456, "")]
    public void A_policy_says_which_metrics_leave_and_how_exactly(string json, double loss, string additional)
    {
        var policy = SitePolicy.Parse(Encoding.UTF8.GetBytes(json), "policy.json");

        var left = policy.Reduce(new Metrics(0.123456, 0.5, new Dictionary<string, double> { ["secret"] = 0.987654, ["shared"] = -0.333333 }));

        Assert.Equal((loss, 0.5), (left.Loss, left.Accuracy));
        Assert.Equal(additional, string.Join(',', (left.Additional ?? new Dictionary<string, double>()).Select(one => FormattableString.Invariant($"{one.Key} {one.Value}"))));
    }

    private void AssertNothingOf(string canary)
    {
        Assert.DoesNotContain(canary, host.Log.ToString(), StringComparison.Ordinal);
        var bytes = Encoding.UTF8.GetBytes(canary);
        Assert.All(FilesOfServer(), file => Assert.True(ReadAsync(file).Result.AsSpan().IndexOf(bytes) < 0, file));
    }

    /// <summary>All that it keeps; its lock has nothing in it.</summary>
    private IEnumerable<string> FilesOfServer() =>
        Directory.GetFiles(host.StateFolder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal));

    private static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var content = new MemoryStream();
        await stream.CopyToAsync(content, Cancel);
        return content.ToArray();
    }

    /// <summary>A clock an hour ahead, in a zone half a day from UTC.</summary>
    private sealed class AnotherClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.FindSystemTimeZoneById("Pacific/Auckland");

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromHours(1);
    }

    /// <summary>A disk without room for a log.</summary>
    private sealed class UnwritableText : TextWriter
    {
        public bool WasTried { get; private set; }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            WasTried = true;
            throw new IOException("No space left on device");
        }
    }

    /// <summary>A row of each image of a site, as it is trained on.</summary>
    private sealed class SiteImages : IDisposable
    {
        private const int RowBytes = 32;

        public SiteImages(RunningWorker worker, string folder)
        {
            Assert.NotNull(worker);
            foreach (var file in Directory.GetFiles(folder, "*.png", SearchOption.AllDirectories))
            {
                using var picture = SkiaSharp.SKBitmap.Decode(file);
                var row = new byte[RowBytes];
                for (var x = 0; x < RowBytes; x++)
                    row[x] = picture.GetPixel(x, picture.Height / 2).Red;
                if (row.Distinct().Count() > 8)
                    Images.Add(row);
            }
        }

        public List<byte[]> Images { get; } = [];

        public void Dispose() => Images.Clear();
    }
}
