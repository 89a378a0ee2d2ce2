using System.Globalization;
using System.Net;
using FlDurable.ClientActivities;
using FlDurable.LocalHost.Serve;
using FlDurable.LocalHost.Work;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
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
        signs.Worked(RoundPhase.Fit, isDone: true, TimeSpan.FromSeconds(2));
        var (first, second) = (new BatchCount(), new BatchCount());
        signs.Watch(first, [new EngineOnDevice(UsedBytes: null)]);
        signs.Watch(second, [new EngineOnDevice(UsedBytes: 123_456_789)]);
        first.Add(32);
        second.Add(32);
        second.Add(5);
        signs.Sent(1000);

        Assert.Equal((HttpStatusCode.OK, "Healthy"), await GetAsync(http, "/health/live"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), await GetAsync(http, "/health/ready"));
        var figures = (await GetAsync(http, "/metrics")).Text;
        Assert.All(
            ["fldurable_worker_wait_seconds_bucket", "fldurable_worker_work_seconds_count", "phase=\"fit\"", "outcome=\"done\"", "fldurable_worker_transferred_bytes_total", "direction=\"sent\""],
            figure => Assert.Contains(figure, figures, StringComparison.Ordinal));
        Assert.Contains(3, Values(figures, "fldurable_worker_batches_total"));
        Assert.Contains(69, Values(figures, "fldurable_worker_images_total"));
        Assert.Equal([123_456_789], Values(figures, "fldurable_worker_device_memory_bytes"));
    }

    [Fact]
    public async Task Of_a_device_that_there_is_not_nothing_is_told()
    {
        await using var watch = await WorkerWatch.StartAsync([new ListenAddress(IPAddress.Loopback, 0)], signs, Cancel);
        using var http = new HttpClient { BaseAddress = new Uri(watch.Urls.Single()) };
        signs.Watch(new BatchCount(), [new EngineOnDevice(UsedBytes: null)]);

        var figures = (await GetAsync(http, "/metrics")).Text;

        Assert.NotEmpty(Values(figures, "fldurable_worker_images_total"));
        Assert.Empty(Values(figures, "fldurable_worker_device_memory_bytes"));
    }

    /// <summary>The values of a figure, whatever labels and time go with them: workers of other tests tell theirs too.</summary>
    private static IReadOnlyList<long> Values(string figures, string name) =>
    [
        .. figures.Split('\n')
            .Where(line => line.StartsWith($"{name}{{", StringComparison.Ordinal) || line.StartsWith($"{name} ", StringComparison.Ordinal))
            .Select(line => long.Parse(line[(line.LastIndexOf('}') + 1)..].Replace(name, "", StringComparison.Ordinal).Trim().Split(' ')[0], CultureInfo.InvariantCulture)),
    ];

    private Task MissAsync() => Assert.ThrowsAsync<NoAnswerException>(() => signs.AskAsync<int>(() => throw new NoAnswerException("none")));

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    /// <summary>An engine of which only its device's memory is asked.</summary>
    private sealed record EngineOnDevice(long? UsedBytes) : ITrainingEngine, IDeviceMemory
    {
        public string Name => "device";

        public long? FindUsedBytes() => UsedBytes;

        public string? WhyNot(Network network) => null;

        public ITrainingSession StartTraining(TrainingTask task) => throw new NotSupportedException();

        public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
