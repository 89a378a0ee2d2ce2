using System.Collections.Concurrent;

namespace FlDurable.Storage.Tests;

/// <summary>What is between the SDK and the service: sees every try, and harms those that it is told to.</summary>
internal sealed class Wire() : DelegatingHandler(new SocketsHttpHandler())
{
    private readonly ConcurrentQueue<Fault> faults = [];

    /// <summary>Harms one request: sends it on, or doesn't, and answers.</summary>
    public delegate Task<HttpResponseMessage> Fault(HttpRequestMessage request, Func<Task<HttpResponseMessage>> send);

    public ConcurrentQueue<(HttpMethod Method, Uri Uri, string? Range, bool Md5, bool Crc64)> Requests { get; } = [];

    /// <summary>Completes when a request didn't reach the service.</summary>
    public TaskCompletionSource Refused { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The next requests meet these faults, one each.</summary>
    public Wire Then(params Fault[] next)
    {
        foreach (var fault in next)
            faults.Enqueue(fault);
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Enqueue((
            request.Method, request.RequestUri!, request.Headers.TryGetValues("x-ms-range", out var range) ? range.Single() : null,
            request.Content?.Headers.ContentMD5 is not null, request.Headers.Contains("x-ms-content-crc64")));
        try
        {
            return faults.TryDequeue(out var fault)
                ? await fault(request, () => base.SendAsync(request, cancellationToken))
                : await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException)
        {
            Refused.TrySetResult();
            throw;
        }
    }
}
