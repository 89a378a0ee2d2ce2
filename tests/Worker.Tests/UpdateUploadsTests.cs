using FlDurable.Api.Work;
using FlDurable.Worker.Tests.Support;

namespace FlDurable.Worker.Tests;

/// <summary>What lies at a host of updates that were not sent to their end.</summary>
public sealed class UpdateUploadsTests : IDisposable
{
    private static readonly string First = new('1', 32);
    private static readonly string Second = new('2', 32);
    private static readonly string Sha256 = new('a', 64);

    private readonly TestFolder folder = new();
    private readonly UpdateUploads uploads;

    public UpdateUploadsTests() => uploads = new UpdateUploads(folder["uploads"]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        uploads.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_came_under_a_lease_that_was_not_renewed_goes_when_another_is_given_out_or_used(bool isUsed)
    {
        await SendAsync(First);
        Age(TimeSpan.FromMinutes(3)); // longer than a lease lasts

        if (isUsed)
            await SendAsync(Second);
        else
            uploads.ForgetLeft();

        Assert.Equal(0, uploads.Received(First, Sha256));
        Assert.Equal(isUsed ? 4 : 0, uploads.Received(Second, Sha256));
    }

    [Fact]
    public async Task What_came_under_a_lease_that_is_renewed_stays_however_long()
    {
        await SendAsync(First);
        for (var renewal = 0; renewal < 3; renewal++)
        {
            Age(TimeSpan.FromSeconds(100));
            uploads.Keep(First);
            uploads.Forget(Second);
        }

        Assert.Equal(4, uploads.Received(First, Sha256));
    }

    [Fact]
    public async Task What_is_just_coming_stays_though_it_comes_slowly()
    {
        using var slow = new StandingStream();
        var taking = uploads.TakeAsync(First, Sha256, offset: 0, most: 100, slow, Cancel);
        await slow.Reading;
        Age(TimeSpan.FromMinutes(3));

        uploads.ForgetLeft();
        uploads.Keep(First);
        slow.End();

        Assert.Equal(0, await taking);
        Assert.Single(Directory.GetFiles(folder["uploads"]));
    }

    private async Task SendAsync(string lease)
    {
        using var content = new MemoryStream([1, 2, 3, 4]);
        Assert.Equal(4, await uploads.TakeAsync(lease, Sha256, offset: 0, most: 100, content, Cancel));
    }

    private void Age(TimeSpan howMuch)
    {
        foreach (var file in new DirectoryInfo(folder["uploads"]).EnumerateFiles())
            file.LastWriteTimeUtc -= howMuch;
    }

    /// <summary>A stream in which nothing comes until it ends.</summary>
    private sealed class StandingStream : MemoryStream
    {
        private readonly TaskCompletionSource reading = new();
        private readonly TaskCompletionSource<int> end = new();

        public Task Reading => reading.Task;

        public void End() => end.SetResult(0);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            reading.TrySetResult();
            return await end.Task;
        }
    }
}
