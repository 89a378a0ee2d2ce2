using System.Diagnostics;
using System.Net;
using FlDurable.Azurite;
using FlDurable.FunctionApp.Tests.Support;
using FlDurable.LocalHost;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Specs;

namespace FlDurable.FunctionApp.Tests.OnAHub;

/// <summary>The app's side of the pool, on Azurite: it offers work in a queue, workers do it, and a function tells what came of it.</summary>
public sealed class PoolTests : IAsyncLifetime
{
    private static readonly FederationSpec Spec = new()
    {
        Id = "pooled",
        Data = "synthetic:train=300,test=40",
        Clients = 5,
        Rounds = 2,
        CohortSize = 2,
        Network = "mlp",
        FractionEvaluate = 1,
    };

    private TestStorage storage = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => storage = await TestStorage.OpenAsync(Cancel);

    public ValueTask DisposeAsync() => storage.DisposeAsync();

    [Fact]
    public async Task Workers_on_its_queues_come_to_the_bits_of_the_host()
    {
        var local = await LocalRun.RunAsync(Spec, Cancel);
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder, storage: storage.ConnectionString);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var workers = Enumerable.Range(0, 2).Select(_ => WorkAsync(stop.Token)).ToList();

        var started = await app.PostAsync(Spec with { Placement = new PlacementOptions(PlacementOptions.Pool, Fallback: PlacementOptions.None) });
        Assert.True(started.StatusCode == HttpStatusCode.Accepted, await started.Content.ReadAsStringAsync(Cancel));
        var federation = await app.WaitAsync("pooled");

        Assert.Equal(("completed", null), ((string?)federation["status"], (string?)federation["failure"]));
        Assert.Equal(local.Model!.Sha256, (string?)federation["model"]?["sha256"]);
        Assert.DoesNotContain(nameof(Activities.TrainClient), app.Ran.Keys);
        Assert.Superset((HashSet<string>)["OfferWork", "TellWork"], app.Ran.Keys.ToHashSet());
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(workers), code => Assert.Equal(ExitCode.Done, code));
    }

    [Fact]
    public async Task A_worker_that_is_killed_at_work_loses_it_to_the_one_that_is_started_anew()
    {
        var spec = Spec with { Id = "killed", Data = "synthetic:train=3000,test=40", Network = "cifar10-cnn", Engine = "lanes", Epochs = 5, CohortSize = 5 };
        var local = await LocalRun.RunAsync(spec, Cancel);
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder, storage: storage.ConnectionString);
        using (var killed = StartWorker(folder))
        {
            var started = await app.PostAsync(spec with { Placement = new PlacementOptions(PlacementOptions.Pool, AttemptTimeoutSeconds: 10, MaxAttempts: 10, Fallback: PlacementOptions.None, QueueTimeoutSeconds: 120) });
            Assert.True(started.StatusCode == HttpStatusCode.Accepted, await started.Content.ReadAsStringAsync(Cancel));
            var said = "";
            while (!said.Contains("taken", StringComparison.Ordinal))
                said += await killed.StandardError.ReadLineAsync(Cancel) ?? throw new InvalidOperationException($"the worker has ended: {said}");
            killed.Kill();
            Assert.DoesNotContain("done", await killed.StandardError.ReadToEndAsync(Cancel), StringComparison.Ordinal);
            await killed.WaitForExitAsync(Cancel);
        }

        using var anew = StartWorker(folder);
        _ = anew.StandardError.ReadToEndAsync(Cancel);
        var federation = await app.WaitAsync("killed");
        anew.Kill();
        await anew.WaitForExitAsync(Cancel);

        Assert.Equal(("completed", null), ((string?)federation["status"], (string?)federation["failure"]));
        Assert.Equal(local.Model!.Sha256, (string?)federation["model"]?["sha256"]);
        Assert.DoesNotContain(nameof(Activities.TrainClient), app.Ran.Keys);
    }

    [Fact]
    public async Task Without_workers_it_does_the_work_itself()
    {
        var local = await LocalRun.RunAsync(Spec, Cancel);
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder, storage: storage.ConnectionString);

        await app.PostAsync(Spec with { Id = "alone", Placement = new PlacementOptions(PlacementOptions.Pool, QueueTimeoutSeconds: 1) });

        Assert.Equal(local.Model!.Sha256, (string?)(await app.WaitAsync("alone"))["model"]?["sha256"]);
        Assert.Contains(nameof(Activities.TrainClient), app.Ran.Keys);
    }

    [Fact]
    public async Task Without_queues_it_has_no_pool_and_says_so()
    {
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder);

        var answer = await app.PostAsync(Spec with { Placement = new PlacementOptions(PlacementOptions.Pool) });

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("no pool of workers", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    /// <summary>A worker as a process of its own, which reads from its environment where it takes work.</summary>
    private Process StartWorker(TestFolder folder)
    {
        // From where it was built, with all that it needs: beside this assembly lies what the app needs.
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(built.Parent!.Parent!.FullName, "LocalHost", built.Name, "fldurable.dll");
        var start = new ProcessStartInfo("dotnet", [program, "work", "--pool"]) { RedirectStandardError = true };
        start.Environment["FLDURABLE_STATE"] = folder["state"];
        start.Environment["FLDURABLE_STORAGE"] = start.Environment["FLDURABLE_QUEUES"] = storage.ConnectionString;
        return Process.Start(start)!;
    }

    private Task<int> WorkAsync(CancellationToken stop) => Task.Run(async () =>
    {
        using var text = new StringWriter();
        var writer = TextWriter.Synchronized(text);
        return await FlDurableCommand.RunAsync(
            ["work", "--pool", "--storage", storage.ConnectionString, "--queues", storage.ConnectionString], new Terminal(writer, writer, outputIsTerminal: false, errorIsTerminal: false), stop);
    }, Cancel);
}
