using System.Net;
using FlDurable.LocalHost.Serve;
using FlDurable.LocalHost.Work;
using FlDurable.Shared.Rounds;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Worker.Tests;

/// <summary>What a worker tells whoever watches over it.</summary>
public sealed class WorkerSignsTests : IDisposable
{
    private readonly FakeTimeProvider time = new();
    private readonly WorkerSigns signs;

    public WorkerSignsTests() => signs = new WorkerSigns(time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => signs.Dispose();

    [Fact]
    public async Task Three_calls_in_a_row_without_an_answer_are_a_bad_sign_until_one_is_answered()
    {
        foreach (var isWell in (bool[])[true, true, false, false])
        {
            await MissAsync();
            Assert.Equal(isWell, signs.IsWell);
        }

        await signs.AskAsync(() => Task.FromResult(0));
        Assert.True(signs.IsWell);
    }

    [Fact]
    public async Task That_the_lease_is_over_is_an_answer()
    {
        await MissAsync();
        await MissAsync();
        await Assert.ThrowsAsync<LeaseOverException>(() => signs.AskAsync<int>(() => throw new LeaseOverException()));
        await MissAsync();

        Assert.True(signs.IsWell);
    }

    [Fact]
    public void Nor_is_a_worker_well_that_asks_nothing_any_more()
    {
        time.Advance(TimeSpan.FromMinutes(9));
        Assert.True(signs.IsWell);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(signs.IsWell);
    }

    [Fact]
    public async Task It_is_told_without_a_key()
    {
        await using var watch = await WorkerWatch.StartAsync([new ListenAddress(IPAddress.Loopback, 0)], signs, Cancel);
        using var http = new HttpClient { BaseAddress = new Uri(watch.Urls.Single()) };
        Assert.Equal((HttpStatusCode.OK, "Healthy"), await GetAsync(http, "/health/ready"));
        for (var time = 0; time < 3; time++)
            await MissAsync();
        signs.Waited(TimeSpan.FromSeconds(1));
        signs.Worked(RoundPhase.Fit, isDone: true, TimeSpan.FromSeconds(2), batchesOfIt: 7);
        signs.Sent(1000);

        Assert.Equal((HttpStatusCode.OK, "Healthy"), await GetAsync(http, "/health/live"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), await GetAsync(http, "/health/ready"));
        var figures = (await GetAsync(http, "/metrics")).Text;
        Assert.All(
            ["fldurable_worker_wait_seconds_bucket", "fldurable_worker_work_seconds_count", "phase=\"fit\"", "outcome=\"done\"", "fldurable_worker_batches_total", "fldurable_worker_transferred_bytes_total", "direction=\"sent\""],
            figure => Assert.Contains(figure, figures, StringComparison.Ordinal));
    }

    private Task MissAsync() => Assert.ThrowsAsync<NoAnswerException>(() => signs.AskAsync<int>(() => throw new NoAnswerException("none")));

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }
}
