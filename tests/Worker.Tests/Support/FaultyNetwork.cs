using System.Text;

namespace FlDurable.Worker.Tests.Support;

/// <summary>A network that loses what a test wants it to lose, and counts what leaves.</summary>
internal sealed class FaultyNetwork(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private readonly MemoryStream text = new();
    private long sent;

    /// <summary>Bytes of bodies, paths and headers that left so far.</summary>
    public long Sent => Interlocked.Read(ref sent);

    /// <summary>Requests so far, as method and path.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>What left so far: paths, headers and bodies.</summary>
    public string Text
    {
        get
        {
            lock (text)
                return Encoding.Latin1.GetString(text.ToArray());
        }
    }

    /// <summary>What a request waits for before it leaves.</summary>
    public Func<HttpRequestMessage, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Whether a request is lost on its way: nobody gets it.</summary>
    public Func<HttpRequestMessage, bool> LosesRequest { get; set; } = _ => false;

    /// <summary>Whether an answer is lost on its way: it was done, and nobody is told.</summary>
    public Func<HttpRequestMessage, bool> LosesAnswer { get; set; } = _ => false;

    /// <summary>What answers in the host's place; null for the host.</summary>
    public Func<HttpRequestMessage, HttpResponseMessage?> Answers { get; set; } = _ => null;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        lock (Requests)
            Requests.Add($"{request.Method} {request.RequestUri!.AbsolutePath}");
        await Before(request);
        if (LosesRequest(request))
            throw new HttpRequestException("the network is cut");
        if (Answers(request) is { } other)
            return other;
        var length = request.Content?.Headers.ContentLength ?? 0;
        var body = request.Content is { } content ? await content.ReadAsByteArrayAsync(cancellationToken) : [];
        lock (text)
            text.Write([.. Encoding.UTF8.GetBytes($"{request.RequestUri}\n{request.Headers}{request.Content?.Headers}"), .. body]);
        Interlocked.Add(ref sent, length + request.RequestUri!.AbsoluteUri.Length + request.Headers.ToString().Length + (request.Content?.Headers.ToString().Length ?? 0));
        var answer = await base.SendAsync(request, cancellationToken);
        return LosesAnswer(request) ? throw new HttpRequestException("the network is cut") : answer;
    }
}
