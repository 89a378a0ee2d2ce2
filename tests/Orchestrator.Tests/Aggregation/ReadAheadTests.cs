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
        var taken = TakeAsync(count: ReadAhead.Depth + 2);
        Assert.Equal(ReadAhead.Depth, reads.Count);

        reads[1].SetResult(1);
        Assert.Equal(ReadAhead.Depth, reads.Count);
        reads[0].SetResult(0);
        Assert.Equal(ReadAhead.Depth + 2, reads.Count);

        foreach (var read in reads.Skip(2))
            read.SetResult(0);
        Assert.Equal(ReadAhead.Depth + 2, (await taken).Count);
    }

    [Fact]
    public async Task A_read_that_fails_ends_it_once_the_others_have_ended()
    {
        var taken = TakeAsync(count: 3);
        reads[0].SetException(new IOException("gone"));
        Assert.False(taken.IsCompleted);

        reads[1].SetException(new IOException("also gone"));
        reads[2].SetResult(2);
        Assert.Equal("gone", (await Assert.ThrowsAsync<IOException>(() => taken)).Message);
    }

    private async Task<List<int>> TakeAsync(int count)
    {
        var taken = new List<int>();
        await foreach (var value in Enumerable.Range(0, count).ToAsyncEnumerable().ReadAheadAsync(ReadAsync))
            taken.Add(value);
        return taken;
    }

    private Task<int> ReadAsync(int source)
    {
        reads.Add(new TaskCompletionSource<int>());
        return reads[source].Task;
    }
}
