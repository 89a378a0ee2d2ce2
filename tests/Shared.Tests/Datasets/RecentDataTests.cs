using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class RecentDataTests
{
    private static readonly ImageShape Shape = new(1, 1, 1);
    private static readonly ArtifactReference A = Reference("a"), B = Reference("b"), C = Reference("c");

    private readonly CountingStore store = new();
    private readonly FakeTimeProvider time = new();

    [Fact]
    public async Task What_was_read_lately_is_not_read_again()
    {
        using var data = new RecentData(store, time);

        await ReadAsync(data, A, B, A, B);

        Assert.Equal([A, B], store.Reads);
    }

    [Fact]
    public async Task What_there_is_no_room_for_is_forgotten_what_was_not_wanted_for_longest_first()
    {
        using var data = new RecentData(store, time, mostBytes: 2 * (RecentContent.EntryBytes + CountingStore.Length));

        await ReadAsync(data, A, B, A, C, A, C, B);

        Assert.Equal([A, B, C, B], store.Reads);
    }

    [Fact]
    public async Task Of_more_artifacts_than_it_knows_the_last_are_kept_however_small_they_are()
    {
        using var data = new RecentData(store, time);
        var all = Enumerable.Range(0, RecentData.MostArtifacts + 1).Select(index => Reference($"a{index}")).ToArray();

        await ReadAsync(data, all);
        await ReadAsync(data, all[1], all[^1], all[0]);

        Assert.Equal([.. all, all[0]], store.Reads);
        Assert.True(data.HasRoomFor(RecentData.MostArtifacts, 0));
        Assert.False(data.HasRoomFor(RecentData.MostArtifacts + 1, 0));
    }

    [Fact]
    public async Task What_is_larger_than_all_room_is_read_each_time()
    {
        using var data = new RecentData(store, time, mostBytes: RecentContent.EntryBytes + CountingStore.Length - 1);

        await ReadAsync(data, A, A);

        Assert.Equal([A, A], store.Reads);
    }

    [Fact]
    public async Task What_nobody_has_wanted_for_a_while_is_given_back()
    {
        using var data = new RecentData(store, time);

        await ReadAsync(data, A, B);
        time.Advance(RecentData.KeptFor - TimeSpan.FromSeconds(1));
        await ReadAsync(data, A);
        time.Advance(RecentData.KeptFor - TimeSpan.FromSeconds(1));
        await ReadAsync(data, B);
        Assert.Equal([A, B], store.Reads);

        time.Advance(RecentData.KeptFor);
        await ReadAsync(data, A, A);
        Assert.Equal([A, B, A], store.Reads);
    }

    [Fact]
    public async Task What_was_just_written_is_not_read()
    {
        using var data = new RecentData(store, time, mostBytes: 2 * (RecentContent.EntryBytes + CountingStore.Length));

        Assert.True(data.HasRoomFor(artifacts: 2, 2 * CountingStore.Length));
        Assert.False(data.HasRoomFor(artifacts: 2, (2 * CountingStore.Length) + 1));
        Assert.False(data.HasRoomFor(artifacts: 3, 2 * CountingStore.Length));
        data.Keep(A, new ImageExamples(new byte[CountingStore.Length], Shape, classes: 2));
        Assert.Equal([A.Name], store.Unloads);
        await ReadAsync(data, A, B);
        Assert.Equal([B], store.Reads);

        time.Advance(RecentData.KeptFor);
        await ReadAsync(data, A);
        Assert.Equal([B, A], store.Reads);
    }

    [Fact]
    public async Task What_is_kept_is_given_for_as_many_classes_as_asked_for()
    {
        using var data = new RecentData(store, time);
        var cancel = TestContext.Current.CancellationToken;
        data.Keep(A, new ImageExamples(new byte[CountingStore.Length], Shape, classes: 2));

        Assert.Equal(3, (await data.ReadAsync(A, Shape, classes: 3, cancel)).Classes);
        Assert.Empty(store.Reads);

        // Whether it fits fewer classes, or another shape, its content tells.
        Assert.Equal(1, (await data.ReadAsync(A, Shape, classes: 1, cancel)).Classes);
        Assert.Equal(1, (await data.ReadAsync(A, Shape, classes: 1, cancel)).Classes);
        Assert.Equal([A], store.Reads);
        await Assert.ThrowsAsync<InvalidDataException>(() => data.ReadAsync(A, new ImageShape(1, 1, 2), classes: 2, cancel));
        Assert.Equal([A, A], store.Reads);
    }

    private static async Task ReadAsync(RecentData data, params ArtifactReference[] references)
    {
        foreach (var reference in references)
            Assert.Equal(CountingStore.Length / Shape.RecordLength, (await data.ReadAsync(reference, Shape, classes: 2, TestContext.Current.CancellationToken)).Count);
    }

    private static ArtifactReference Reference(string name) => new(name, CountingStore.Length, new string('0', 64));

    private sealed class CountingStore : IArtifactStore
    {
        public const int Length = 10;

        public List<ArtifactReference> Reads { get; } = [];

        public List<string> Unloads { get; } = [];

        public void Unload(string name) => Unloads.Add(name);

        public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
        {
            Reads.Add(reference);
            return Task.FromResult(new byte[Length]);
        }

        public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DeleteAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
