using System.Collections.Concurrent;
using System.Threading.Channels;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Tests.Datasets.Library;

public sealed class SharedDatasetLibraryTests
{
    private readonly HeldLibrary held = new();
    private readonly SharedDatasetLibrary shared;

    public SharedDatasetLibraryTests() => shared = new SharedDatasetLibrary(held);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_wants_the_same_data_at_the_same_time_waits_for_one_load_and_hears_how_far_it_is()
    {
        var (first, second) = (new Heard(), new Heard());
        var wanted = new[] { shared.ResolveAsync(new DatasetRequest("one"), first, Cancel), shared.ResolveAsync(new DatasetRequest("one"), second, Cancel), shared.ResolveAsync(new DatasetRequest("two"), null, Cancel) };
        await held.BegunAsync(2);

        held.Loads["one"].Progress!.Report(new DatasetProgress(DatasetStage.Decoding, 1, 2));
        foreach (var load in held.Loads.Values)
            load.End.SetResult();
        var found = await Task.WhenAll(wanted);

        Assert.Equal(["one", "one", "two"], found.Select(data => data.Description));
        Assert.Equal((1, 1), (first.Times, second.Times));
        Assert.Equal(2, held.Begun);
    }

    [Fact]
    public async Task A_load_that_is_over_is_not_kept()
    {
        foreach (var time in (int[])[1, 2])
        {
            var wanted = shared.ResolveAsync(new DatasetRequest(null), null, Cancel);
            await held.BegunAsync(time);
            held.Loads[""].End.SetResult();
            await wanted;
        }

        Assert.Equal(2, held.Begun);
    }

    [Fact]
    public async Task A_load_goes_on_while_somebody_waits_for_it_and_is_given_up_with_the_last()
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var wanted = new[] { shared.ResolveAsync(new DatasetRequest("one"), null, first.Token), shared.ResolveAsync(new DatasetRequest("one"), null, second.Token) };
        await held.BegunAsync(1);

        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wanted[0]);
        Assert.False(held.Loads["one"].Token.IsCancellationRequested);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wanted[1]);

        Assert.True(held.Loads["one"].Token.IsCancellationRequested);
    }

    [Fact]
    public async Task Who_comes_while_a_load_that_was_given_up_has_not_ended_has_it_loaded_once_that_has()
    {
        held.CanBeStopped = false;
        using var gone = new CancellationTokenSource();
        var former = shared.ResolveAsync(new DatasetRequest("one"), null, gone.Token);
        await held.BegunAsync(1);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => former);

        var wanted = shared.ResolveAsync(new DatasetRequest("one"), null, Cancel);
        Assert.Equal(1, held.Begun);
        held.Loads["one"].End.SetCanceled(Cancel);
        await held.BegunAsync(2);
        held.Loads["one"].End.SetResult();

        Assert.Equal("one", (await wanted).Description);
    }

    [Fact]
    public async Task A_failure_is_all_who_waits_failure()
    {
        var wanted = new[] { shared.ResolveAsync(new DatasetRequest("one"), null, Cancel), shared.ResolveAsync(new DatasetRequest("one"), null, Cancel) };
        await held.BegunAsync(1);
        held.Loads["one"].End.SetException(new DatasetException("no"));

        foreach (var one in wanted)
            await Assert.ThrowsAsync<DatasetException>(() => one);
    }

    private sealed class Heard : IProgress<DatasetProgress>
    {
        public int Times { get; private set; }

        public void Report(DatasetProgress value) => Times++;
    }

    private sealed record Load(IProgress<DatasetProgress>? Progress, CancellationToken Token)
    {
        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class HeldLibrary : IDatasetLibrary
    {
        private readonly Lock beginning = new();
        private readonly Channel<string?> begun = Channel.CreateUnbounded<string?>();
        private int awaited;

        public ConcurrentDictionary<string, Load> Loads { get; } = new(StringComparer.Ordinal);

        public bool CanBeStopped { get; set; } = true;

        public int Begun { get; private set; }

        public async Task BegunAsync(int count)
        {
            for (; awaited < count; awaited++)
                await begun.Reader.ReadAsync(Cancel);
        }

        public async Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
        {
            Load load;
            lock (beginning)
            {
                Begun++;
                load = Loads[request.Data ?? ""] = new Load(progress, cancellationToken);
            }

            begun.Writer.TryWrite(request.Data);
            await (CanBeStopped ? load.End.Task.WaitAsync(cancellationToken) : load.End.Task);
            return new ResolvedDataset("synthetic", "", request.Data ?? "", new ImageShape(1, 1, 1), 1, 1, 1);
        }

        public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
