using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlDurable.Api;
using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.Remote;

/// <summary>Asks a server, by its HTTP API. What it refuses is told in its words.</summary>
internal sealed class FederationServerClient : IDisposable
{
    private const string Federations = "/federations";
    private const string Datasets = "/datasets";
    private const long MostAnswerBytes = 64L << 20;

    // The server may be a newer build.
    private static readonly JsonSerializerOptions Tolerant = new(ContractJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    // A server that is well answers at once; one that is held may go on.
    private static readonly TimeSpan ToldAfter = TimeSpan.FromSeconds(4);

    // The last part of a problem's type (docs/api.md).
    private const string DataInUse = "data-in-use";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ServerAddress address;
    private readonly Action<string> tell;
    private readonly HttpClient http;
    private TimeSpan patience = TimeSpan.Zero;

    /// <param name="address">Where it is.</param>
    /// <param name="tell">Tells a person that it does not answer, while that is waited for.</param>
    public FederationServerClient(ServerAddress address, Action<string> tell)
    {
        this.address = address;
        this.tell = tell;
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(10) }) // a key is for this server alone
        {
            BaseAddress = new Uri(address.Url, FederationPaths.DefaultRoot.TrimStart('/')),
            MaxResponseContentBufferSize = MostAnswerBytes,
        };
        if (address.Key is { } key)
            http.DefaultRequestHeaders.Add(ApiDocument.KeyHeader, key);
    }

    /// <summary>What further commands must be given to ask the same.</summary>
    public string AsOptions => address.AsOptions;

    /// <summary>Where it is, for messages.</summary>
    public string Place => $"at {address.Url.GetLeftPart(UriPartial.Path)}";

    /// <summary>The address of what an answer names.</summary>
    public Uri Of(string href) => new(address.Url, href);

    /// <summary>From here on, what only looks is asked again for a minute where the server can't be reached, or a proxy before it says so: it may be started anew.</summary>
    public void OutlastRestarts() => patience = TimeSpan.FromMinutes(1);

    /// <summary>A page of federations.</summary>
    public Task<FederationList> ListAsync(string query, CancellationToken cancellationToken) => AskAsync<FederationList>(HttpMethod.Get, $"{Federations}?{query}", body: null, cancellationToken);

    /// <summary>A federation with its newest rounds.</summary>
    public Task<FederationDetails> GetAsync(string id, int rounds, CancellationToken cancellationToken) =>
        AskAsync<FederationDetails>(HttpMethod.Get, FormattableString.Invariant($"{Federations}/{Name(id)}?rounds={rounds}"), body: null, cancellationToken);

    /// <summary>A federation with its newest rounds; null if it is not there (any more).</summary>
    public async Task<FederationDetails?> FindAsync(string id, int rounds, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(id, rounds, cancellationToken);
        }
        catch (RefusalException refusal) when (refusal.IsNotThere)
        {
            return null;
        }
    }

    /// <summary>A federation as the server writes it.</summary>
    public Task<JsonElement> GetDocumentAsync(string id, int rounds, CancellationToken cancellationToken) =>
        AskAsync<JsonElement>(HttpMethod.Get, FormattableString.Invariant($"{Federations}/{Name(id)}?rounds={rounds}"), body: null, cancellationToken);

    /// <summary>Rounds from one on, oldest first.</summary>
    public Task<RoundList> ListRoundsAsync(string id, int from, CancellationToken cancellationToken) =>
        AskAsync<RoundList>(HttpMethod.Get, FormattableString.Invariant($"{Federations}/{Name(id)}/rounds?continuationToken={from}"), body: null, cancellationToken);

    /// <summary>A round's record.</summary>
    public Task<RoundRecord> GetRoundAsync(string id, int round, CancellationToken cancellationToken) =>
        AskAsync<RoundRecord>(HttpMethod.Get, FormattableString.Invariant($"{Federations}/{Name(id)}/rounds/{round}"), body: null, cancellationToken);

    /// <summary>How a federation's data is divided; null where the server does not know (yet).</summary>
    public async Task<DataDivision?> FindDivisionAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync<DataDivision>(HttpMethod.Get, $"{Federations}/{Name(id)}/division", body: null, cancellationToken);
        }
        catch (RefusalException refusal) when (refusal.IsNotThere)
        {
            return null; // what came of the federation is no less true
        }
    }

    /// <summary>Parameters as safetensors, held against the SHA-256 that the server says.</summary>
    /// <param name="id">The federation.</param>
    /// <param name="round">Those after a round; null for the final ones.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<byte[]> GetModelAsync(string id, int? round, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(FormattableString.Invariant($"{http.BaseAddress}{Federations}/{Name(id)}{(round is { } number ? $"/rounds/{number}" : "")}/model")));
        try
        {
            using var answer = await WithNoteAsync(http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)); // a model may be longer than any other answer
            var content = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            if (!answer.IsSuccessStatusCode)
                throw Refusal(answer.StatusCode, content);
            return answer.Headers.ETag?.Tag == $"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\""
                ? content
                : throw new UsageException($"what the server {Place} sent is not the model that it names: it is damaged on the way, or there; ask again");
        }
        catch (HttpRequestException exception)
        {
            throw new UsageException($"the server {Place} can't be asked: {exception.GetBaseException().Message}", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UsageException($"the server {Place} has not answered in {http.Timeout.TotalSeconds:0} seconds", exception);
        }
    }

    /// <summary>Starts a federation, or finds it started.</summary>
    public Task<FederationSummary> StartAsync(IReadOnlyList<FieldValue> spec, CancellationToken cancellationToken) =>
        AskAsync<FederationSummary>(HttpMethod.Post, Federations, Body(spec), cancellationToken);

    /// <summary>Starts a branch.</summary>
    public Task<FederationSummary> BranchAsync(string id, int round, IReadOnlyList<FieldValue> fields, CancellationToken cancellationToken) =>
        AskAsync<FederationSummary>(HttpMethod.Post, $"{Federations}/{Name(id)}/branch", Body([new FieldValue("round", JsonSerializer.SerializeToElement(round)), .. fields]), cancellationToken);

    /// <summary>Does something to a federation.</summary>
    /// <param name="id">The federation.</param>
    /// <param name="action"><c>suspend</c>, <c>resume</c>, <c>terminate</c> or <c>retry</c>.</param>
    /// <param name="reason">Why, for a person; null for no reason.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<FederationSummary> ControlAsync(string id, string action, string? reason, CancellationToken cancellationToken) =>
        AskAsync<FederationSummary>(
            HttpMethod.Post, $"{Federations}/{Name(id)}/{action}{(reason is null ? "" : $"?reason={Uri.EscapeDataString(reason)}")}", body: null, cancellationToken);

    /// <summary>Removes a federation that is over.</summary>
    public async Task PurgeAsync(string id, CancellationToken cancellationToken) => await SendAsync(HttpMethod.Delete, $"{Federations}/{Name(id)}", body: null, cancellationToken);

    /// <summary>The partitioned data that the server has; null where it has none that is its alone, or is of a build that does not tell.</summary>
    public async Task<DatasetList?> FindDatasetsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync<DatasetList>(HttpMethod.Get, Datasets, body: null, cancellationToken);
        }
        catch (RefusalException refusal) when (refusal.IsNotThere || refusal.Kind == DataInUse)
        {
            return null;
        }
    }

    /// <summary>Removes partitioned data that no federation uses.</summary>
    /// <exception cref="RefusalException">Others may use it.</exception>
    public async Task<RemovedDatasets> RemoveDatasetsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync<RemovedDatasets>(HttpMethod.Delete, Datasets, body: null, cancellationToken);
        }
        catch (RefusalException refusal) when (refusal.IsNotThere)
        {
            throw new UsageException($"--data: the server {Place} is of a build that does not remove data: stop it, and ask again", refusal);
        }
    }

    /// <summary>Removes one partitioned data set, unless a federation uses it.</summary>
    /// <returns>What was removed, nothing where it is used; null where others may use it, or the server is of a build that removes none.</returns>
    public async Task<RemovedDatasets?> TryRemoveDatasetAsync(string digest, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync<RemovedDatasets>(HttpMethod.Delete, $"{Datasets}?digest={digest}", body: null, cancellationToken);
        }
        catch (RefusalException refusal) when (refusal.IsNotThere || refusal.Kind == DataInUse)
        {
            return null;
        }
    }

    public void Dispose() => http.Dispose();

    /// <summary>What is no id would be another path.</summary>
    private static string Name(string id) => Shared.Storage.ArtifactNames.IsId(id) ? id : throw new UsageException($"id: expected {Shared.Storage.ArtifactNames.IdRule}, got '{Excerpt.Printable(id)}'");

    private static byte[] Body(IReadOnlyList<FieldValue> fields)
    {
        using var written = new MemoryStream();
        using (var json = new Utf8JsonWriter(written))
        {
            json.WriteStartObject();
            foreach (var (field, value) in fields)
            {
                json.WritePropertyName(field);
                json.WriteRawValue(value.GetRawText(), skipInputValidation: true); // half a surrogate pair, whoever reads it refuses
            }

            json.WriteEndObject();
        }

        return written.ToArray();
    }

    private async Task<T> AskAsync<T>(HttpMethod method, string path, byte[]? body, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(method, path, body, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize<T>(answer, Tolerant) ?? throw Other();
        }
        catch (JsonException)
        {
            throw Other();
        }

        UsageException Other() => new($"the server {Place} answers in another way than this build understands; look at its version");
    }

    private async Task<byte[]> SendAsync(HttpMethod method, string path, byte[]? body, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var isTold = false;
        while (true)
        {
            try
            {
                return await SendOnceAsync(method, path, body, cancellationToken);
            }
            catch (UsageException exception) when (
                exception.InnerException is HttpRequestException && method == HttpMethod.Get && Stopwatch.GetElapsedTime(began) < patience)
            {
                if (!isTold)
                    tell($"{exception.Message}; it is asked again for a minute");
                isTold = true;
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    private async Task<byte[]> SendOnceAsync(HttpMethod method, string path, byte[]? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri($"{http.BaseAddress}{path}"));
        if (body is not null)
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        try
        {
            using var answer = await WithNoteAsync(http.SendAsync(request, cancellationToken));
            var content = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            return answer.IsSuccessStatusCode ? content : throw Refusal(answer.StatusCode, content);
        }
        catch (HttpRequestException exception)
        {
            throw new UsageException($"the server {Place} can't be asked: {exception.GetBaseException().Message}", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UsageException($"the server {Place} has not answered in {http.Timeout.TotalSeconds:0} seconds", exception);
        }
    }

    private async Task<HttpResponseMessage> WithNoteAsync(Task<HttpResponseMessage> answer)
    {
        using var answered = new CancellationTokenSource();
        if (await Task.WhenAny(answer, Task.Delay(ToldAfter, answered.Token)) != answer)
            tell(FormattableString.Invariant($"the server {Place} has not answered for {ToldAfter.TotalSeconds:0} seconds, and is waited for until {http.Timeout.TotalSeconds:0}"));
        await answered.CancelAsync();
        return await answer;
    }

    private Exception Refusal(HttpStatusCode status, byte[] content)
    {
        ApiProblem? problem = null;
        try
        {
            problem = JsonSerializer.Deserialize<ApiProblem>(content, Tolerant);
        }
        catch (JsonException)
        {
            // It is no such server, or something before it.
        }

        if (problem?.Errors is { Count: > 0 } errors)
            return new InvalidSpecException([.. errors.SelectMany(field => field.Value.Select(message => new SpecError(field.Key, message)))]);
        return status switch
        {
            HttpStatusCode.Unauthorized => new UsageException($"the server {Place} does not take the key: expected --key-file FILE with the one that it was started with (api.key of its state folder)"),
            HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => new UsageException(
                $"the server {Place} can't be asked now: {problem?.Detail ?? $"what is before it answers {(int)status}"}", new HttpRequestException(message: null, inner: null, status)),
            _ when problem?.Detail is { } detail => new RefusalException(detail, status, problem.Type.Split('/')[^1]),
            _ => new UsageException($"the server {Place} answers {(int)status}{(problem?.Title is { } title ? $": {title}" : ", and is no server of federations, or something before it is not set up")}"),
        };
    }
}
