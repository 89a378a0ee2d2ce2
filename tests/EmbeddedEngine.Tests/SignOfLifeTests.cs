using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;

namespace FlDurable.EmbeddedEngine.Tests;

/// <summary>What others see of a process that has a state folder.</summary>
public sealed class SignOfLifeTests : IDisposable
{
    private static readonly OrchestratorDescriptor<int, int> Main = new("Main");
    private static readonly ActivityDescriptor<int, int> Work = new("Work");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestFolder folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Owner => Path.Combine(folder.Path, "engine.owner");

    private string Alive => Path.Combine(folder.Path, "engine.alive");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_engine_all_of_whose_slots_are_taken_by_one_long_activity_gives_signs_of_life()
    {
        var (reached, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var engine = await StartAsync(parallelism: 1, () =>
        {
            reached.SetResult();
            goOn.Task.Wait(Cancellation);
            return null;
        });
        await engine.ScheduleAsync(Main, 1, "instance");
        await reached.Task.WaitAsync(Patience, Cancellation);

        var first = await WaitForAsync(sign => sign is not null);
        var next = await WaitForAsync(sign => sign?.At > first!.At);
        Assert.False(next!.IsSilent);

        goOn.SetResult();
        await engine.WaitAsync("instance");
    }

    [Fact]
    public async Task What_the_host_can_not_do_is_told_and_taken_back()
    {
        var isFull = true;
        await using var engine = await StartAsync(parallelism: 1, () => Volatile.Read(ref isFull) ? FailureKind.HostForNow : null);
        await engine.ScheduleAsync(Main, 1, "instance");
        Assert.Equal("Work: no space", (await WaitForAsync(sign => sign?.Waiting.Count > 0))!.Waiting["instance"]);

        Volatile.Write(ref isFull, false);
        await engine.RunToEndAsync("instance");
        await WaitForAsync(sign => sign?.Waiting.Count == 0);
    }

    [Fact]
    public async Task Of_a_process_that_is_gone_the_last_sign_stays_and_what_it_waited_for_does_not()
    {
        await using (await StartAsync(parallelism: 1, () => null))
            await WaitForAsync(sign => sign is not null);
        await File.WriteAllTextAsync(Alive, """{"instance":"Work: no space"}""", Cancellation);
        File.SetLastWriteTimeUtc(Owner, DateTime.UtcNow.AddHours(-1));
        File.SetLastWriteTimeUtc(Alive, DateTime.UtcNow.AddSeconds(-43));

        var sign = InstanceReader.FindSignOfLife(folder.Path)!;

        Assert.True(sign.IsSilent);
        Assert.InRange(sign.Ago.TotalSeconds, 43, 103);
        Assert.Empty(sign.Waiting);
    }

    [Fact]
    public async Task A_sign_from_before_the_folder_was_taken_is_another_process_s()
    {
        await File.WriteAllTextAsync(Alive, "{}", Cancellation);
        await File.WriteAllTextAsync(Owner, "process 1, an older build that gives no sign", Cancellation);
        File.SetLastWriteTimeUtc(Alive, DateTime.UtcNow.AddHours(-1));

        Assert.Null(InstanceReader.FindSignOfLife(folder.Path));
    }

    [Fact]
    public void Where_nothing_ever_was_there_is_no_sign() => Assert.Null(InstanceReader.FindSignOfLife(folder.Path));

    private Task<TestEngine> StartAsync(int parallelism, Func<FailureKind?> fails) => TestEngine.StartAsync(
        folder, services => services
            .AddActivityFunc(Work, (x, _) => fails() is { } kind ? throw new KnownFailureException("no space", kind) : Task.FromResult(x))
            .AddOrchestratorFunc(Main, (context, x) => context.CallActivityAsync(Work, x)),
        parallelism: parallelism, waitsForHost: true);

    private async Task<SignOfLife?> WaitForAsync(Func<SignOfLife?, bool> isSo)
    {
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        late.CancelAfter(Patience);
        SignOfLife? sign;
        while (!isSo(sign = InstanceReader.FindSignOfLife(folder.Path)))
            await poll.WaitForNextTickAsync(late.Token);
        return sign;
    }
}
