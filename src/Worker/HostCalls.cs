using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlDurable.Shared.Json;
using FlDurable.Shared.Work;

namespace FlDurable.Worker;

/// <summary>Calls a host, each once.</summary>
/// <param name="http">What it is asked with; follows no redirects, so that the key goes nowhere else.</param>
/// <param name="server">Its address, with what stands before its paths.</param>
/// <param name="below">What the calls are below, after the API's root.</param>
/// <param name="key">The worker's key.</param>
/// <param name="signs">Told how much is read and sent.</param>
/// <param name="time">What silence is measured by.</param>
internal sealed partial class HostCalls(HttpClient http, Uri server, string below, WorkerKey key, WorkerSigns signs, TimeProvider time)
{
    private const int MostAnswerBytes = 4 << 20;
    private const int ChunkBytes = 64 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Uri root = new($"{server.AbsoluteUri.TrimEnd('/')}/api/{below}/");

    /// <summary>The path of something below a lease.</summary>
    public static string Of(string lease, string what) => $"{WorkProtocol.Leases}/{lease}/{what}";

    /// <summary>Asks, and reads JSON.</summary>
    /// <returns>Null if the answer is that there is nothing.</returns>
    public Task<T?> AskAsync<T>(HttpMethod method, string path, object? body, TimeSpan extra, CancellationToken cancellationToken)
        where T : class => SendAsync(method, path, body is null ? null : Json(body), Patience + extra, ReadAsync<T>, cancellationToken);

    /// <summary>Tells, and is answered that there is nothing to read.</summary>
    public Task TellAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken) =>
        SendAsync(method, path, body is null ? null : Json(body), Patience, Nothing, cancellationToken);

    /// <summary>Reads as many bytes as something has, however slowly they come, as long as some come.</summary>
    public async Task<byte[]> ReadBytesAsync(string path, long length, CancellationToken cancellationToken) =>
        (await SendAsync<byte[]>(
            HttpMethod.Get, path, null, Patience,
            async (answer, alive, cancel) =>
            {
                if (answer.Content.Headers.ContentLength is { } said && said != length)
                    throw new NoAnswerException($"{said} bytes, expected {length}");
                var content = new byte[length];
                await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
                for (var at = 0; at < content.Length;)
                {
                    if (await stream.ReadAsync(content.AsMemory(at, Math.Min(ChunkBytes, content.Length - at)), cancel) is not (> 0 and var read))
                        throw new NoAnswerException("an answer that was cut off");
                    at += read;
                    signs.Read(read);
                    alive();
                }

                return content;
            },
            cancellationToken))!;

    /// <summary>Sends what the host has not of something long.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="sha256">The SHA-256 of the whole.</param>
    /// <param name="update">The whole.</param>
    /// <param name="mayBeThere">Whether some of it may have been sent before; else that is not asked.</param>
    /// <param name="said">What is said with it, as headers.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the host says to it; null if it had the whole already, and was told nothing.</returns>
    public async Task<ReceivedUpdate?> PutBytesAsync(
        string lease, string sha256, ReadOnlyMemory<byte> update, bool mayBeThere, IReadOnlyDictionary<string, string> said, CancellationToken cancellationToken)
    {
        var path = Of(lease, $"{WorkProtocol.Updates}/{sha256}");
        var there = mayBeThere ? (await SendAsync(HttpMethod.Get, path, null, Patience, ReadAsync<ReceivedUpdate>, cancellationToken))?.Received ?? 0 : 0;
        if (there == update.Length)
            return null;
        if (there > update.Length)
            there = 0; // it can't be of this one: from the beginning
        var rest = update[(int)there..];
        var received = await SendAsync(
            HttpMethod.Put, path,
            alive =>
            {
                var content = new MemoryContent(rest, alive);
                content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Octet);
                content.Headers.ContentRange = new ContentRangeHeaderValue(there, update.Length - 1, update.Length);
                return content;
            },
            Patience, ReadAsync<ReceivedUpdate>, cancellationToken, said);
        signs.Sent(rest.Length);
        return received?.Received == update.Length ? received : throw new NoAnswerException($"{received?.Received} of {update.Length} bytes have come");
    }

    /// <summary>One that is just being exchanged is whole again soon.</summary>
    private string Key()
    {
        try
        {
            return key.Read();
        }
        catch (WorkerException exception)
        {
            throw new NoAnswerException(exception.Message, exception);
        }
    }

    private static Func<Action, HttpContent> Json(object body)
    {
        var json = ContractJson.SerializeToUtf8(body);
        return _ => new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Json) } };
    }

    // A network that wants a login says 200 to everything: what was only told would count as done.
    private static Task<object?> Nothing(HttpResponseMessage answer, Action alive, CancellationToken cancellationToken) => answer.StatusCode == HttpStatusCode.NoContent
        ? Task.FromResult<object?>(null)
        : throw new NoAnswerException($"{(int)answer.StatusCode} in the place of 204: something between here and the host has answered");

    private static async Task<T?> ReadAsync<T>(HttpResponseMessage answer, Action alive, CancellationToken cancellationToken)
        where T : class
    {
        if (answer.StatusCode == HttpStatusCode.NoContent)
            return null;

        // Networks that want a login answer for the host, with a page of theirs.
        if (answer.Content.Headers.ContentType?.MediaType != MediaTypeNames.Application.Json)
            throw new NoAnswerException($"{answer.Content.Headers.ContentType?.MediaType ?? "no media type"} in the place of JSON: something between here and the host has answered");
        try
        {
            await answer.Content.LoadIntoBufferAsync(MostAnswerBytes, cancellationToken);
            return ContractJson.Deserialize<T>(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (JsonException exception)
        {
            throw new NoAnswerException("JSON of another shape: the host is of another release, or is none", exception);
        }
    }

    /// <summary>Asks once. What takes long is not cut off while it gets on: each sign of life is good for the whole patience again.</summary>
    private async Task<T?> SendAsync<T>(
        HttpMethod method, string path, Func<Action, HttpContent>? content, TimeSpan patience, Func<HttpResponseMessage, Action, CancellationToken, Task<T?>> read,
        CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? said = null)
        where T : class
    {
        using var silence = new CancellationTokenSource(patience, time);
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        using var request = new HttpRequestMessage(method, new Uri(root, path)) { Content = content?.Invoke(Alive) };
        request.Headers.Authorization = new AuthenticationHeaderValue(WorkProtocol.Scheme, Key());
        foreach (var (name, value) in said ?? new Dictionary<string, string>())
            request.Headers.Add(name, value);
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, idle.Token);
            Alive();
            if (answer.IsSuccessStatusCode)
                return await read(answer, Alive, idle.Token);
            throw await FailureOfAsync(answer, idle.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NoAnswerException($"nothing came from {server.Host} for {patience.TotalSeconds} seconds", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new NoAnswerException(WithoutLogin(exception.InnerException is { } cause ? $"{exception.Message} ({cause.Message})" : exception.Message), exception);
        }

        void Alive() => silence.CancelAfter(patience);
    }

    // What can't be reached by a proxy is told with the proxy's address, as the environment has it: with its login.
    private static string WithoutLogin(string message) => Login().Replace(message, "://");

    [GeneratedRegex("://[^/@\\s]*@", RegexOptions.CultureInvariant)]
    private static partial Regex Login();

    private static async Task<Exception> FailureOfAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var said = $"{(int)answer.StatusCode} {await DetailOfAsync(answer, cancellationToken)}".TrimEnd();
        return answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized when AsksForKey(answer) => new KeyRefusedException(said),
            HttpStatusCode.Gone => new LeaseOverException(),
            HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity => new RequestRefusedException(said),
            _ => new NoAnswerException(said),
        };
    }

    // As the host does, and not what stands before it and wants a login of its own.
    private static bool AsksForKey(HttpResponseMessage answer) => answer.Headers.WwwAuthenticate.Any(challenge => challenge.Scheme == WorkProtocol.Scheme);

    private static async Task<string?> DetailOfAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (answer.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) != true)
            return null;
        try
        {
            await answer.Content.LoadIntoBufferAsync(MostAnswerBytes, cancellationToken);
            using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken));
            return problem.RootElement.TryGetProperty("detail", out var detail) ? detail.GetString() : null;
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Bytes that say how they get on.</summary>
    private sealed class MemoryContent(ReadOnlyMemory<byte> bytes, Action alive) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            for (var at = 0; at < bytes.Length; at += ChunkBytes)
            {
                await stream.WriteAsync(bytes.Slice(at, Math.Min(ChunkBytes, bytes.Length - at)), cancellationToken);
                alive();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
