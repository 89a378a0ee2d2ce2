using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.MLflow;

/// <summary>MLflow's tracking server, by HTTP: no more of its calls than a federation needs.</summary>
internal sealed class TrackingServer : IDisposable
{
    /// <summary>A run's metrics, parameters or tags in one call.</summary>
    public const int MostAtOnce = 100;

    private const string Api = "api/2.0/mlflow/";
    private const string Artifacts = "mlflow-artifacts:/";
    private const int MaxAnswerBytes = 4 << 20;
    private const int MaxTold = 300;

    private readonly HttpClient client;
    private readonly Uri address;

    /// <param name="address">The server's address.</param>
    /// <param name="patience">How long it may take to answer a call.</param>
    /// <param name="environment">The variables that MLflow's own clients look at for who asks.</param>
    public TrackingServer(Uri address, TimeSpan patience, Func<string, string?> environment)
    {
        this.address = address;
        client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = patience })
        {
            BaseAddress = new Uri(address.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/"),
            Timeout = patience,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        client.DefaultRequestHeaders.Authorization = AuthorizationOf(environment);
    }

    /// <summary>Reads an address.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static Uri Parse(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new UsageException($"--mlflow: expected the address of a tracking server, such as http://127.0.0.1:5000, got '{Printable.Line(address)}'");
        return uri is { UserInfo: "", Query: "", Fragment: "" }
            ? uri
            : throw new UsageException("--mlflow: expected an address without a name, a query or a fragment; who asks is in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or in MLFLOW_TRACKING_TOKEN");
    }

    /// <summary>An experiment, made if it is not there.</summary>
    public async Task<string> GetExperimentAsync(string name, CancellationToken cancellationToken)
    {
        var path = $"experiments/get-by-name?experiment_name={Uri.EscapeDataString(name)}";
        if (await FindAsync() is { } found)
            return found;
        var (status, made) = await CallAsync(HttpMethod.Post, "experiments/create", new { name }, cancellationToken);
        if (status == HttpStatusCode.OK)
            return Text(made["experiment_id"], "experiments/create");
        return await FindAsync() ?? throw Refused("experiments/create", status, made); // another may have made it meanwhile

        async Task<string?> FindAsync()
        {
            var (status, answer) = await CallAsync(HttpMethod.Get, path, body: null, cancellationToken);
            return status == HttpStatusCode.NotFound && answer["error_code"]?.ToString() == "RESOURCE_DOES_NOT_EXIST"
                ? null
                : Text(Checked("experiments/get-by-name", status, answer)["experiment"]?["experiment_id"], "experiments/get-by-name");
        }
    }

    /// <summary>The run that has some tags; null if there is none.</summary>
    public async Task<TrackedRun?> FindRunAsync(string experiment, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        var filter = string.Join(" and ", tags.Select(tag => $"tags.`{tag.Key}` = '{tag.Value}'"));
        var answer = await AskAsync("runs/search", new { experiment_ids = new[] { experiment }, filter, max_results = 1 }, cancellationToken);
        return answer["runs"] is JsonArray { Count: > 0 } runs ? TrackedRun.Read(runs[0]) : null;
    }

    /// <summary>Begins a run.</summary>
    public async Task<TrackedRun> BeginRunAsync(
        string experiment, string name, DateTimeOffset started, IEnumerable<KeyValuePair<string, string>> tags, CancellationToken cancellationToken)
    {
        var body = new { experiment_id = experiment, run_name = name, start_time = started.ToUnixTimeMilliseconds(), tags = Pairs(tags) };
        return TrackedRun.Read((await AskAsync("runs/create", body, cancellationToken))["run"]);
    }

    /// <summary>Logs at most <see cref="MostAtOnce"/> of each. What is there already, at the same time, stays as it is.</summary>
    public Task LogAsync(
        TrackedRun run, IEnumerable<TrackedMetric> metrics, IEnumerable<KeyValuePair<string, string>> parameters, IEnumerable<KeyValuePair<string, string>> tags,
        CancellationToken cancellationToken) => AskAsync(
        "runs/log-batch",
        new
        {
            run_id = run.Id,
            metrics = metrics.Select(metric => new { key = metric.Name, value = metric.Value, timestamp = metric.Time, step = metric.Step }),
            @params = Pairs(parameters),
            tags = Pairs(tags),
        },
        cancellationToken);

    /// <summary>Says that a run goes on, or has ended.</summary>
    /// <param name="run">The run.</param>
    /// <param name="status">MLflow's word for it.</param>
    /// <param name="ended">When it ended; null if it goes on.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    public Task UpdateAsync(TrackedRun run, string status, long? ended, CancellationToken cancellationToken) =>
        AskAsync("runs/update", ended is { } time ? new { run_id = run.Id, status, end_time = time } : new { run_id = run.Id, status }, cancellationToken);

    /// <summary>Puts a file beside a run, where the server itself takes files; elsewhere it is left out.</summary>
    public async Task PutFileAsync(TrackedRun run, string name, byte[] content, CancellationToken cancellationToken)
    {
        if (!run.Files.StartsWith(Artifacts, StringComparison.Ordinal))
            return;
        using var body = new ByteArrayContent(content);
        var path = $"api/2.0/mlflow-artifacts/artifacts/{run.Files[Artifacts.Length..].Trim('/')}/{name}";
        var (status, answer) = await SendAsync(HttpMethod.Put, path, body, cancellationToken);
        Checked("mlflow-artifacts", status, answer);
    }

    public void Dispose() => client.Dispose();

    private static AuthenticationHeaderValue? AuthorizationOf(Func<string, string?> environment)
    {
        if (environment("MLFLOW_TRACKING_TOKEN") is { Length: > 0 } token)
            return new AuthenticationHeaderValue("Bearer", token);
        return environment("MLFLOW_TRACKING_USERNAME") is { Length: > 0 } name
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{environment("MLFLOW_TRACKING_PASSWORD")}")))
            : null;
    }

    private static object[] Pairs(IEnumerable<KeyValuePair<string, string>> pairs) => [.. pairs.Select(pair => (object)new { key = pair.Key, value = pair.Value })];

    private async Task<JsonNode> AskAsync(string call, object body, CancellationToken cancellationToken)
    {
        var (status, answer) = await CallAsync(HttpMethod.Post, call, body, cancellationToken);
        return Checked(call, status, answer);
    }

    private async Task<(HttpStatusCode Status, JsonNode Answer)> CallAsync(HttpMethod method, string call, object? body, CancellationToken cancellationToken)
    {
        using var content = body is null ? null : JsonContent.Create(body);
        if (content is not null)
            await content.LoadIntoBufferAsync(cancellationToken); // with its length before it: not every server and proxy takes a body in chunks
        return await SendAsync(method, Api + call, content, cancellationToken);
    }

    private async Task<(HttpStatusCode Status, JsonNode Answer)> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = content };
            using var response = await client.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return (response.StatusCode, Read(text));
        }
        catch (HttpRequestException exception)
        {
            throw new TrackingException($"the tracking server does not answer: {exception.Message}", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TrackingException(string.Create(CultureInfo.InvariantCulture, $"the tracking server has not answered for {client.Timeout.TotalSeconds:0.#} s"), exception);
        }
    }

    /// <summary>What is no JSON is its own text.</summary>
    private static JsonObject Read(string text)
    {
        try
        {
            if (JsonNode.Parse(text) is JsonObject answer)
                return answer;
        }
        catch (JsonException)
        {
            // A proxy's page, or MLflow's own word for 403.
        }

        return new JsonObject { ["message"] = text };
    }

    private JsonNode Checked(string call, HttpStatusCode status, JsonNode answer) => status == HttpStatusCode.OK ? answer : throw Refused(call, status, answer);

    private TrackingException Refused(string call, HttpStatusCode status, JsonNode answer)
    {
        var told = Printable.Line(answer["message"]?.ToString() ?? "");
        var advice = status switch
        {
            HttpStatusCode.Forbidden => $"; MLflow 3.5 and newer answer so where they don't know the name that they are asked by: start it with --allowed-hosts {address.Authority}, "
                + "or ask by localhost; if it asks for a login, or this one may not write there, set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
            HttpStatusCode.Unauthorized => "; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
            HttpStatusCode.NotFound when answer["error_code"] is null => "; is it a tracking server (mlflow server)?",
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => "; it sends callers elsewhere: give that address",
            _ => "",
        };
        return new TrackingException($"the tracking server answers {call} with {(int)status}{(told.Length == 0 ? "" : $" ({Excerpt.Of(told, MaxTold)})")}{advice}");
    }

    private static string Text(JsonNode? value, string call) => value?.ToString() ?? throw new TrackingException($"the tracking server answers {call} with something else than MLflow's answer");
}

/// <summary>A run as the tracking server has it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Started">When it started, in milliseconds since 1970.</param>
/// <param name="Files">Where its files are.</param>
/// <param name="Steps">The last step of each of its metrics.</param>
/// <param name="Parameters">The names of its parameters, which never change.</param>
internal sealed record TrackedRun(string Id, long Started, string Files, IReadOnlyDictionary<string, long> Steps, IReadOnlySet<string> Parameters)
{
    /// <exception cref="TrackingException">It is none.</exception>
    public static TrackedRun Read(JsonNode? run)
    {
        try
        {
            var (info, data) = (run!["info"]!, run["data"]);
            return new TrackedRun(
                info["run_id"]!.ToString(), Number(info["start_time"]!), info["artifact_uri"]?.ToString() ?? "",
                (data?["metrics"] as JsonArray ?? []).ToDictionary(metric => metric!["key"]!.ToString(), metric => Number(metric!["step"] ?? 0), StringComparer.Ordinal),
                (data?["params"] as JsonArray ?? []).Select(parameter => parameter!["key"]!.ToString()).ToHashSet(StringComparer.Ordinal));
        }
        catch (Exception exception) when (exception is NullReferenceException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new TrackingException("the tracking server describes a run otherwise than MLflow does", exception);
        }
    }

    /// <summary>Numbers of 64 bits come as text from some versions.</summary>
    private static long Number(JsonNode value) => long.Parse(value.ToString(), CultureInfo.InvariantCulture);
}

/// <summary>A value at a step.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Value">Its value, a finite number.</param>
/// <param name="Time">When it was measured, in milliseconds since 1970.</param>
/// <param name="Step">The step.</param>
internal sealed record TrackedMetric(string Name, double Value, long Time, long Step);
