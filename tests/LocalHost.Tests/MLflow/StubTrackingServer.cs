using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace FlDurable.LocalHost.Tests.MLflow;

/// <summary>A tracking server that answers as MLflow 3.17.2 does, and keeps to its rules: names, parameters that never change, what is logged twice at one time.</summary>
internal sealed partial class StubTrackingServer : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly Lock gate = new();
    private readonly Task answering;
    private string? experiment;

    public StubTrackingServer()
    {
        Address = new Uri($"http://127.0.0.1:{FreePort()}/");
        listener.Prefixes.Add(Address.AbsoluteUri);
        listener.IgnoreWriteExceptions = true; // who asked may be gone
        listener.Start();
        answering = AnswerAsync();
    }

    public Uri Address { get; }

    /// <summary>Every call: method, path and body.</summary>
    public List<(string Call, JsonNode? Body)> Calls { get; } = [];

    public List<StubRun> Runs { get; } = [];

    /// <summary>The names of callers that were given.</summary>
    public List<string?> Authorizations { get; } = [];

    /// <summary>Is told of a call before it is answered; what it returns is answered in its place.</summary>
    public Func<string, JsonNode?, (int Status, string Answer)?> Before { get; set; } = (_, _) => null;

    public void Dispose()
    {
        listener.Close();
        answering.Wait(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    private static int FreePort()
    {
        using var any = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        any.Start();
        return ((IPEndPoint)any.LocalEndpoint).Port;
    }

    private async Task AnswerAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
            var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
            var body = text.Length == 0 ? null : JsonNode.Parse(text);
            var call = $"{context.Request.HttpMethod} {context.Request.Url!.AbsolutePath}";
            lock (gate)
            {
                Calls.Add((call, body));
                Authorizations.Add(context.Request.Headers["Authorization"]);
            }

            var (status, answer) = Before(call, body) ?? Answer(call, body);
            context.Response.StatusCode = status;
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer), TestContext.Current.CancellationToken);
            context.Response.Close();
        }
    }

    private (int Status, string Answer) Answer(string call, JsonNode? body)
    {
        const string api = "/api/2.0/mlflow/";
        switch (call)
        {
            case "GET " + api + "experiments/get-by-name":
                return experiment is null
                    ? Error(404, "RESOURCE_DOES_NOT_EXIST", "Could not find experiment with name 'federations'")
                    : (200, new JsonObject { ["experiment"] = new JsonObject { ["experiment_id"] = "1", ["name"] = experiment } }.ToJsonString());
            case "POST " + api + "experiments/create":
                experiment = body!["name"]!.ToString();
                return (200, """{"experiment_id": "1"}""");
            case "POST " + api + "runs/search":
                var asked = TagFilter().Matches(body!["filter"]!.ToString()).ToDictionary(tag => tag.Groups["key"].Value, tag => tag.Groups["value"].Value);
                var found = Runs.Where(run => asked.All(tag => run.Tags.GetValueOrDefault(tag.Key) == tag.Value)).Select(run => (JsonNode)run.ToJson());
                return (200, new JsonObject { ["runs"] = new JsonArray([.. found]) }.ToJsonString());
            case "POST " + api + "runs/create":
                var made = new StubRun($"run{Runs.Count}", (long)body!["start_time"]!);
                Runs.Add(made);
                Pairs(body["tags"], made.Tags);
                return (200, new JsonObject { ["run"] = made.ToJson() }.ToJsonString());
            case "POST " + api + "runs/log-batch":
                return Log(RunOf(body!), body!);
            case "POST " + api + "runs/update":
                RunOf(body!).Status = body!["status"]!.ToString();
                RunOf(body).Ended = (long?)body["end_time"];
                return (200, """{"run_info": {}}""");
            case var put when put.StartsWith("PUT /api/2.0/mlflow-artifacts/artifacts/1/run", StringComparison.Ordinal):
                return (200, "");
            default:
                return (404, "<!doctype html>no such page");
        }
    }

    private StubRun RunOf(JsonNode body) => Runs.Single(run => run.Id == body["run_id"]!.ToString());

    private static (int Status, string Answer) Log(StubRun run, JsonNode body)
    {
        Assert.All((string[])["metrics", "params", "tags"], kind => Assert.InRange((body[kind] as JsonArray)?.Count ?? 0, 0, 100));
        foreach (var metric in body["metrics"] as JsonArray ?? [])
        {
            if (!Name().IsMatch(metric!["key"]!.ToString()))
                return Error(400, "INVALID_PARAMETER_VALUE", "Invalid value for parameter 'metrics[0].name'");
            run.Metrics.Add((metric["key"]!.ToString(), (long)metric["step"]!, (double)metric["value"]!, (long)metric["timestamp"]!));
        }

        foreach (var parameter in body["params"] as JsonArray ?? [])
        {
            var (key, value) = (parameter!["key"]!.ToString(), parameter["value"]!.ToString());
            if (!Name().IsMatch(key) || (run.Parameters.TryGetValue(key, out var old) && old != value))
                return Error(400, "INVALID_PARAMETER_VALUE", "Changing param values is not allowed");
            run.Parameters[key] = value;
        }

        Pairs(body["tags"], run.Tags);
        return (200, "{}");
    }

    private static void Pairs(JsonNode? pairs, Dictionary<string, string> into)
    {
        foreach (var pair in pairs as JsonArray ?? [])
            into[pair!["key"]!.ToString()] = pair["value"]!.ToString();
    }

    private static (int Status, string Answer) Error(int status, string code, string message) => (status, new JsonObject { ["error_code"] = code, ["message"] = message }.ToJsonString());

    [GeneratedRegex("tags\\.`(?<key>[^`]+)` = '(?<value>[^']*)'", RegexOptions.ExplicitCapture)]
    private static partial Regex TagFilter();

    [GeneratedRegex("^[A-Za-z0-9_. :/-]+$")]
    private static partial Regex Name();
}

/// <summary>A run of the stub: the same metric, step and time is there once.</summary>
internal sealed class StubRun(string id, long started)
{
    public string Id { get; } = id;

    public string Status { get; set; } = "RUNNING";

    public long? Ended { get; set; }

    public Dictionary<string, string> Tags { get; } = [];

    public Dictionary<string, string> Parameters { get; } = [];

    public HashSet<(string Key, long Step, double Value, long Time)> Metrics { get; } = [];

    public IEnumerable<(long Step, double Value)> Of(string key) => Metrics.Where(metric => metric.Key == key).OrderBy(metric => metric.Step).Select(metric => (metric.Step, metric.Value));

    public JsonObject ToJson() => new()
    {
        ["info"] = new JsonObject { ["run_id"] = Id, ["status"] = Status, ["start_time"] = started, ["artifact_uri"] = $"mlflow-artifacts:/1/{Id}/artifacts" },
        ["data"] = new JsonObject
        {
            ["metrics"] = new JsonArray([.. Metrics.GroupBy(metric => metric.Key).Select(metric => (JsonNode)new JsonObject { ["key"] = metric.Key, ["step"] = metric.Max(one => one.Step) })]),
            ["params"] = new JsonArray([.. Parameters.Select(parameter => (JsonNode)new JsonObject { ["key"] = parameter.Key, ["value"] = parameter.Value })]),
        },
    };
}
