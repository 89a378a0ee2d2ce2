using System.Net;
using System.Text.Json.Serialization;
using FlDurable.Api.Work;
using FlDurable.LocalHost.CommandLine;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Rounds;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Serve;

/// <summary>
/// Who asked for what that changes something: <c>audit.jsonl</c> in the state folder, to which lines are only added. One line is on the disk before a request is
/// done, and another tells what came of it. Requests without the key change nothing, and are not in it: anybody could fill the disk with them. Of workers, whose calls are most of all that a
/// server gets, one line tells who took work, how it ended, and what was refused, before the worker is answered.
/// </summary>
internal sealed partial class AuditTrail : IWorkerTrail, IDisposable
{
    private const string FileName = "audit.jsonl";
    private const int MaxPathLength = 200;
    private const int MaxReasonLength = 1_000;
    private const string Nobody = "";
    private const int MostWorkAtOnce = 1_000;
    private const int MostRefusalsAtOnce = 20;

    private static readonly TimeSpan WorkEach = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RefusalEach = TimeSpan.FromSeconds(6);

    private readonly LineBudget work;
    private readonly LineBudget refusals;
    private readonly string path;
    private readonly string? key;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly AppendedLines lines;

    /// <param name="stateFolder">Where it is kept.</param>
    /// <param name="needsKey">Whether callers have given the folder's key, which lines then name by its file.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Is told of what could not be written.</param>
    public AuditTrail(string stateFolder, bool needsKey, TimeProvider time, ILogger<AuditTrail> logger)
    {
        path = PathIn(stateFolder);
        lines = new AppendedLines(path, time);
        key = needsKey ? Path.GetFileName(ApiKey.PathIn(stateFolder)) : null;
        this.time = time;
        this.logger = logger;
        work = new LineBudget(MostWorkAtOnce, WorkEach, time);
        refusals = new LineBudget(MostRefusalsAtOnce, RefusalEach, time);
    }

    /// <summary>Where a state folder's trail is.</summary>
    public static string PathIn(string stateFolder) => Path.Combine(stateFolder, FileName);

    public void Dispose() => lines.Dispose();

    /// <summary>Makes sure that lines can be added.</summary>
    /// <exception cref="UsageException">They can't.</exception>
    public void Check()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            lines.Check();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the audit trail '{path}' can't be written: {exception.Message}", exception);
        }
    }

    /// <summary>Writes a line before a request is done and one after it. What needs no key changes nothing.</summary>
    /// <exception cref="EngineUnavailableException">The first can't be written; nothing is done.</exception>
    public async Task WatchAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            await next(context);
            return;
        }

        var id = Guid.NewGuid().ToString("N");
        var asked = request.Path.Value ?? "";
        try
        {
            await lines.AddAsync(new Line(time.GetUtcNow(), id)
            {
                Address = Shown(context.Connection.RemoteIpAddress),
                Key = key,
                Asked = $"{request.Method} {asked[..Math.Min(asked.Length, MaxPathLength)]}",
                Reason = request.Query["reason"].ToString() is { Length: > 0 } reason ? reason[..Math.Min(reason.Length, MaxReasonLength)] : null,
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EngineUnavailableException($"the audit trail '{path}' can't be written", exception);
        }

        var isAnswered = false;
        try
        {
            await next(context);
            isAnswered = true;
        }
        finally
        {
            await TellEndAsync(context.Response, id, isAnswered);
        }
    }

    /// <inheritdoc/>
    public async Task TellAsync(WorkerCall call)
    {
        if ((call.Answered < StatusCodes.Status400BadRequest ? work : refusals).Take(call.Key ?? Nobody) is not { } leftOut)
            return;
        try
        {
            await lines.AddAsync(new Line(time.GetUtcNow(), Guid.NewGuid().ToString("N"))
            {
                Address = Shown(call.Address),
                Key = call.Key,
                ClaimedKey = call.Claimed,
                Asked = call.Asked,
                Answered = call.Answered,
                Lease = call.Lease,
                Federation = call.Taken?.Federation,
                Round = call.Taken?.Round,
                Attempt = call.Taken?.Attempt,
                Phase = call.Taken?.Phase,
                Code = call.Code,
                LeftOut = leftOut,
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EngineUnavailableException($"the audit trail '{path}' can't be written", exception);
        }
    }

    private async Task TellEndAsync(HttpResponse response, string id, bool isAnswered)
    {
        try
        {
            var location = response.Headers.Location.ToString();
            await lines.AddAsync(isAnswered
                ? new Line(time.GetUtcNow(), id) { Answered = response.StatusCode, Location = location is "" ? null : location }
                : new Line(time.GetUtcNow(), id) { IsBrokenOff = true });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotTold(logger, path, id, exception);
        }
    }

    // Who listens at all addresses is called by IPv4 ones as parts of IPv6 ones.
    private static string? Shown(IPAddress? address) => (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit trail '{Path}' does not tell what came of request {Id}")]
    private static partial void LogNotTold(ILogger logger, string path, string id, Exception exception);

    /// <summary>A line.</summary>
    /// <param name="Time">When, in UTC.</param>
    /// <param name="Id">Which request: its two lines have the same.</param>
    private sealed record Line(DateTimeOffset Time, string Id)
    {
        /// <summary>Where the caller is, behind proxies that are trusted.</summary>
        public string? Address { get; init; }

        /// <summary>The file of the key that it gave; absent on a host without keys. Of a worker's what stands before the secret.</summary>
        public string? Key { get; init; }

        /// <summary>What stands before the secret of a worker's key that nobody has: anybody can say so.</summary>
        public string? ClaimedKey { get; init; }

        /// <summary>What it asked for.</summary>
        public string? Asked { get; init; }

        /// <summary>Why, in its own words; absent if it gave none.</summary>
        public string? Reason { get; init; }

        /// <summary>With what HTTP status it was answered.</summary>
        public int? Answered { get; init; }

        /// <summary>Whether it was not answered: its caller hung up, or the server stopped.</summary>
        [JsonPropertyName("brokenOff")]
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public bool IsBrokenOff { get; init; }

        /// <summary>What it was led to, such as the federation that was started, or the site that was given a key.</summary>
        public string? Location { get; init; }

        /// <summary>Stands for the lease that a worker's call is about.</summary>
        public string? Lease { get; init; }

        /// <summary>Whose work was taken.</summary>
        public string? Federation { get; init; }

        /// <summary>Of which round.</summary>
        public int? Round { get; init; }

        /// <summary>Of which attempt at it.</summary>
        public int? Attempt { get; init; }

        /// <summary>Training or evaluating.</summary>
        public RoundPhase? Phase { get; init; }

        /// <summary>Why nothing comes of the work.</summary>
        public string? Code { get; init; }

        /// <summary>How many lines of the same key were left out before it.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public long LeftOut { get; init; }
    }
}

/// <summary>Puts the trail into a host's way of answering.</summary>
internal static class Auditing
{
    /// <summary>Writes down who asks for what from here on.</summary>
    /// <exception cref="UsageException">It can't be written.</exception>
    public static IApplicationBuilder UseAuditTrail(this IApplicationBuilder app, AuditTrail trail)
    {
        trail.Check();
        return app.Use(next => context => trail.WatchAsync(context, next));
    }
}
