using FlDurable.Orchestrator.Aggregation;

namespace FlDurable.Orchestrator.Tests.Aggregation;

public sealed class ReadAheadTests
{
    private readonly List<TaskCompletionSource<int>> reads = [];

    [Fact]
    public async Task What_is_read_comes_in_order_whichever_read_ends_first()
    {
        var taken = TakeAsync(count: 3);
        foreach (var read in new[] { 2, 0, 1 })
            reads[read].SetResult(read * 10);

        Assert.Equal([0, 10, 20], await taken);
    }

    [Fact]
    public async Task So_many_reads_are_under_way_and_no_more()
    {
        const int count = ReadAhead.Depth + 2;
        await using var taker = Reads(count).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        var first = taker.MoveNextAsync();
        Assert.Equal(ReadAhead.Depth, reads.Count);
        reads[1].SetResult(1);
        reads[0].SetResult(0);
        Assert.True(await first);
        Assert.Equal(ReadAhead.Depth, reads.Count);

        Assert.True(await taker.MoveNextAsync());
        Assert.Equal((1, ReadAhead.Depth + 1), (taker.Current, reads.Count));
        foreach (var read in reads.Skip(2))
            read.SetResult(0);
    }

    [Fact]
    public async Task A_read_that_fails_cancels_the_others_and_ends_when_they_have_ended()
    {
        var taken = TakeAsync(count: 3);
        reads[0].SetException(new IOException("gone"));

        Assert.Equal("gone", (await Assert.ThrowsAsync<IOException>(() => taken)).Message);
        Assert.All(reads.Skip(1), read => Assert.True(read.Task.IsCanceled));
    }

    [Fact]
    public async Task Who_takes_no_more_leaves_no_read_under_way()
    {
        var taken = FirstAsync();
        reads[0].SetResult(7);

        Assert.Equal(7, await taken);
        Assert.All(reads.Skip(1), read => Assert.True(read.Task.IsCanceled));
    }

    [Fact]
    public async Task What_is_wrong_with_the_sources_cancels_the_reads()
    {
        var taken = async () =>
        {
            await foreach (var _ in BreakingSources().ReadAheadAsync(ReadAsync, TestContext.Current.CancellationToken))
            {
            }
        };

        Assert.Equal("no more", (await Assert.ThrowsAsync<IOException>(taken)).Message);
        Assert.True(Assert.Single(reads).Task.IsCanceled);
    }

    private static async IAsyncEnumerable<int> BreakingSources()
    {
        yield return 0;
        await Task.Yield();
        throw new IOException("no more");
    }

    private async Task<List<int>> TakeAsync(int count)
    {
        var taken = new List<int>();
        await foreach (var value in Reads(count))
            taken.Add(value);
        return taken;
    }

    private async Task<int> FirstAsync()
    {
        await foreach (var value in Reads(count: 3))
            return value;
        throw new InvalidOperationException("nothing was read");
    }

    private IAsyncEnumerable<int> Reads(int count) =>
        Enumerable.Range(0, count).ToAsyncEnumerable().ReadAheadAsync(ReadAsync, TestContext.Current.CancellationToken);

    private Task<int> ReadAsync(int source, CancellationToken cancellationToken)
    {
        var read = new TaskCompletionSource<int>();
        cancellationToken.Register(() => read.TrySetCanceled(cancellationToken));
        reads.Add(read);
        return read.Task;
    }
}
