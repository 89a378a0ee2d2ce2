using System.Net;
using System.Text;
using System.Threading.Channels;
using FlDurable.Api.Tests.Support;
using FlDurable.Shared.Datasets;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests;

/// <summary>What a host takes no look into, and when it has no time.</summary>
public sealed class BodyTests(SharedHost shared)
{
    private const int MaxBytes = 1 << 20;

    private readonly ApiHost host = shared.Host;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("nonsense")]
    public async Task A_body_that_is_not_said_to_be_JSON_is_refused(string? contentType)
    {
        using var answer = await SendAsync(Content("{}"u8.ToArray(), contentType));

        await answer.ProblemAsync(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task A_compressed_body_is_refused()
    {
        var content = Content("{}"u8.ToArray(), "application/json");
        content.Headers.ContentEncoding.Add("gzip");

        using var answer = await SendAsync(content);

        await answer.ProblemAsync(HttpStatusCode.UnsupportedMediaType);
    }

    [Theory]
    [InlineData("application/json; charset=\"UTF-8\"")]
    [InlineData("application/merge-patch+json")]
    public async Task What_is_JSON_by_another_name_is_read(string contentType)
    {
        using var answer = await SendAsync(Content("""{"rounds":0}"""u8.ToArray(), contentType));

        Assert.Equal(["rounds"], (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_of_more_than_a_megabyte_is_refused_whether_or_not_it_says_how_long_it_is(bool saysLength)
    {
        var body = Encoding.UTF8.GetBytes($"{{{new string(' ', MaxBytes - 1)}}}");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/federations", UriKind.Relative))
        {
            Content = Content(body, "application/json"),
        };
        request.Headers.TransferEncodingChunked = !saysLength;

        using var answer = await host.Client.SendAsync(request, Cancel);

        await answer.ProblemAsync(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task A_body_of_a_megabyte_is_read()
    {
        var body = Encoding.UTF8.GetBytes($"{{{new string(' ', MaxBytes - 14)}\"rounds\":0}}");
        Assert.Equal(MaxBytes - 2, body.Length);

        using var answer = await SendAsync(Content(body, "application/json"));

        Assert.Equal(["rounds"], (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
    }

    [Fact]
    public async Task While_enough_federations_are_being_started_the_next_is_told_to_wait()
    {
        var data = new HeldData();
        await using var busy = await ApiHost.StartAsync(services => services.AddSingleton<IDatasetLibrary>(data));
        var held = Enumerable.Range(0, 4).Select(number => busy.StartAsync(ApiHost.Spec($"held-{number}"))).ToList();
        await data.WaitForAsync(held.Count);

        using var next = await busy.StartAsync(ApiHost.Spec("next"));

        await next.ProblemAsync(HttpStatusCode.TooManyRequests);
        Assert.NotNull(next.Headers.RetryAfter?.Delta);
        data.Refuse();
        foreach (var answer in await Task.WhenAll(held))
            Assert.Equal(["data"], (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
        using var free = await busy.StartAsync(ApiHost.Spec("next"));
        Assert.Equal(HttpStatusCode.BadRequest, free.StatusCode);
    }

    private static ByteArrayContent Content(byte[] body, string? contentType)
    {
        var content = new ByteArrayContent(body);
        if (contentType is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return content;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpContent content)
    {
        using (content)
            return await host.Client.PostAsync(new Uri("/api/federations", UriKind.Relative), content, Cancel);
    }

    /// <summary>Data that takes as long to load as a test wants, and then can't be used.</summary>
    private sealed class HeldData : IDatasetLibrary
    {
        private readonly Channel<string?> asked = Channel.CreateUnbounded<string?>();
        private readonly TaskCompletionSource<ResolvedDataset> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task WaitForAsync(int count)
        {
            for (var number = 0; number < count; number++)
                await asked.Reader.ReadAsync(Cancel);
        }

        public void Refuse() => answer.SetException(new DatasetException("data: not today, says '/srv/secret/data.zip'"));

        public Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
        {
            asked.Writer.TryWrite(request.Data);
            return answer.Task.WaitAsync(cancellationToken);
        }

        public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
