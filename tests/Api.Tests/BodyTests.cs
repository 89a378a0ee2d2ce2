using System.Net;
using System.Text;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>What a host takes no look into.</summary>
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
}
