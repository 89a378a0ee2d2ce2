using FlDurable.EmbeddedEngine.Activities;
using FlDurable.EmbeddedEngine.Instances;
using FlDurable.EmbeddedEngine.Storage;
using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Shared.Contracts;

namespace FlDurable.EmbeddedEngine.Tests;

/// <summary>What runs can't be noted: the host's failure, and no end of its process.</summary>
public sealed class FlightRecorderTests : IDisposable
{
    private const string FullDisk = "/dev/full";

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_activity_that_can_not_be_noted_is_not_run_and_the_hosts_failure()
    {
        Assert.SkipUnless(File.Exists(FullDisk), "there is no file here that is always full");
        var failure = new TaskCompletionSource<HostFailure>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var recorder = new FlightRecorder(new FileStream(FullDisk, FileMode.Open, FileAccess.ReadWrite));
        using var dispatcher = new ActivityDispatcher(
            new Dictionary<string, ActivityRegistration>(), new NoServices(), suspects: null,
            (_, arrival) => failure.TrySetException(new InvalidOperationException($"it ended with {arrival}")),
            (_, told) => failure.TrySetResult(told));
        dispatcher.Start(parallelism: 1, recorder);
        dispatcher.Enqueue(Work());

        var said = await failure.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await dispatcher.StopAsync();

        Assert.False(said.IsForGood);
        Assert.StartsWith("it can't be noted that it runs: ", said.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void That_an_activity_has_ended_need_not_be_noted()
    {
        Assert.SkipUnless(File.Exists(FullDisk), "there is no file here that is always full");
        using var recorder = new FlightRecorder(new FileStream(FullDisk, FileMode.Open, FileAccess.ReadWrite));

        Assert.Throws<IOException>(() => recorder.Begin(0, Work()));
        recorder.End(0);
    }

    [Fact]
    public void A_file_that_can_not_be_begun_is_told_by_name()
    {
        Assert.SkipUnless(File.Exists(FullDisk), "there is no file here that is always full");
        using var recorder = new FlightRecorder(new FileStream(FullDisk, FileMode.Open, FileAccess.ReadWrite));

        Assert.StartsWith($"'{FullDisk}' can't be used: ", Assert.Throws<StateFolderException>(() => recorder.Restart([])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_whose_file_can_not_be_opened_does_not_start_and_says_which()
    {
        var path = Path.Combine(folder.Path, "engine.running");
        File.CreateSymbolicLink(path, path); // leads nowhere

        var refusal = await Assert.ThrowsAsync<StateFolderException>(() => TestEngine.StartAsync(folder, _ => { }));

        Assert.StartsWith($"'{path}' can't be used: ", refusal.Message, StringComparison.Ordinal);
    }

    private static ActivityWork Work()
    {
        var instance = new Instance
        {
            Key = 1,
            Id = "instance",
            Orchestrator = "Main",
            Version = "1",
            Root = 1,
            RootId = "instance",
            Parent = null,
            CreatedAt = default,
            UpdatedAt = default,
        };
        return new ActivityWork(instance, instance.Execution, Task: 0, Turn: 1, "Echo", "0");
    }

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
