using System.Net;
using System.Net.Http.Headers;

namespace FlDurable.Shared.Tests.Support;

/// <summary>Answers requests as told, one after another, and keeps what they asked for.</summary>
internal sealed class ScriptedServer : HttpMessageHandler
{
    private readonly Queue<Func<long, CancellationToken, Task<HttpResponseMessage>>> answers = new();

    /// <summary>Where each request wanted to begin.</summary>
    public List<long> Offsets { get; } = [];

    /// <summary>Set when the client waits for what never comes.</summary>
    public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gives what is asked for.</summary>
    public ScriptedServer Gives(byte[] file) =>
        Answers((offset, _) => Task.FromResult(Part(file, offset, new ByteArrayContent(file[(int)offset..]))));

    /// <summary>Gives all, whatever is asked for.</summary>
    public ScriptedServer GivesAll(byte[] file) =>
        Answers((_, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(file) }));

    /// <summary>Closes the connection after some bytes.</summary>
    public ScriptedServer BreaksOffAfter(byte[] file, int bytes) =>
        Answers((offset, _) => Task.FromResult(Part(file, offset, new StreamContent(new MemoryStream(file, (int)offset, bytes)))));

    /// <summary>Gives some bytes, and then nothing more.</summary>
    public ScriptedServer StallsAfter(byte[] file, int bytes) =>
        Answers((offset, _) => Task.FromResult(Part(file, offset, new StreamContent(new StallingStream(file.AsMemory((int)offset, bytes), Waiting)))));

    public ScriptedServer Fails(HttpStatusCode status) => Answers((_, _) => Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent("") }));

    public ScriptedServer IsUnreachable() => Answers((_, _) => throw new HttpRequestException("Name or service not known"));

    public ScriptedServer NeverAnswers() => Answers(async (_, cancellationToken) =>
    {
        Waiting.SetResult();
        await Task.Delay(Timeout.Infinite, cancellationToken);
        throw new InvalidOperationException("not reached");
    });

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var offset = request.Headers.Range?.Ranges.Single().From ?? 0;
        Offsets.Add(offset);
        return answers.Dequeue()(offset, cancellationToken);
    }

    private ScriptedServer Answers(Func<long, CancellationToken, Task<HttpResponseMessage>> answer)
    {
        answers.Enqueue(answer);
        return this;
    }

    private static HttpResponseMessage Part(byte[] file, long offset, HttpContent content)
    {
        var response = new HttpResponseMessage(offset == 0 ? HttpStatusCode.OK : HttpStatusCode.PartialContent) { Content = content };
        content.Headers.ContentLength = file.Length - offset;
        if (offset > 0)
            content.Headers.ContentRange = new ContentRangeHeaderValue(offset, file.Length - 1, file.Length);
        return response;
    }

    private sealed class StallingStream(ReadOnlyMemory<byte> bytes, TaskCompletionSource waiting) : MemoryStream(bytes.ToArray())
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < Length)
                return await base.ReadAsync(buffer, cancellationToken);
            waiting.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
