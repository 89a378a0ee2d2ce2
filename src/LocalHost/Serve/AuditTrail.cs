using System.Net;
using System.Text.Json.Serialization;
using FlDurable.LocalHost.CommandLine;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Serve;

/// <summary>
/// Who asked for what that changes something: <c>audit.jsonl</c> in the state folder, to which lines are only added. One line is on the disk before a request is
/// done, and another tells what came of it. Requests without the key change nothing, and are not in it: anybody could fill the disk with them.
/// </summary>
internal sealed partial class AuditTrail : IDisposable
{
    private const string FileName = "audit.jsonl";
    private const int MaxPathLength = 200;
    private const int MaxReasonLength = 1_000;
    private const int Tries = 40;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string path;
    private readonly string? key;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly SemaphoreSlim adding = new(1);

    /// <param name="stateFolder">Where it is kept.</param>
    /// <param name="needsKey">Whether callers have given the folder's key, which lines then name by its file.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Is told of what could not be written.</param>
    public AuditTrail(string stateFolder, bool needsKey, TimeProvider time, ILogger<AuditTrail> logger)
    {
        path = PathIn(stateFolder);
        key = needsKey ? Path.GetFileName(ApiKey.PathIn(stateFolder)) : null;
        this.time = time;
        this.logger = logger;
    }

    /// <summary>Where a state folder's trail is.</summary>
    public static string PathIn(string stateFolder) => Path.Combine(stateFolder, FileName);

    public void Dispose() => adding.Dispose();

    /// <summary>Makes sure that lines can be added.</summary>
    /// <exception cref="UsageException">They can't.</exception>
    public void Check()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Open().Dispose();
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
            await AddAsync(new Line(time.GetUtcNow(), id)
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

    private async Task TellEndAsync(HttpResponse response, string id, bool isAnswered)
    {
        try
        {
            var location = response.Headers.Location.ToString();
            await AddAsync(isAnswered
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

    /// <summary>Adds a line, or nothing. What another has left of a line, when there was no more room or no more power, is ended before.</summary>
    private async Task AddAsync(Line line)
    {
        await adding.WaitAsync();
        try
        {
            await using var file = await OpenWhenFreeAsync();
            var end = file.Length;
            var isTorn = false;
            if (end > 0)
            {
                file.Position = end - 1;
                isTorn = file.ReadByte() != '\n';
            }

            file.Position = end;
            try
            {
                file.Write([.. isTorn ? "\n"u8 : [], .. ContractJson.SerializeToUtf8(line), (byte)'\n']);
                file.Flush(flushToDisk: true);
            }
            catch (IOException)
            {
                file.SetLength(end);
                throw;
            }
        }
        finally
        {
            adding.Release();
        }
    }

    // Another server of the same task hub may have it for a moment.
    private async Task<FileStream> OpenWhenFreeAsync()
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return Open();
            }
            catch (IOException) when (tries < Tries && File.Exists(path))
            {
                await Task.Delay(Pause, time);
            }
        }
    }

    // For each line anew: so the file can be moved away while the server runs. Elsewhere than on Windows, readers are not asked whether it is shared.
    private FileStream Open() => new(
        path, FileMode.OpenOrCreate, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None, bufferSize: 0);

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit trail '{Path}' does not tell what came of request {Id}")]
    private static partial void LogNotTold(ILogger logger, string path, string id, Exception exception);

    /// <summary>A line.</summary>
    /// <param name="Time">When, in UTC.</param>
    /// <param name="Id">Which request: its two lines have the same.</param>
    private sealed record Line(DateTimeOffset Time, string Id)
    {
        /// <summary>Where the caller is, behind proxies that are trusted.</summary>
        public string? Address { get; init; }

        /// <summary>The file of the key that it gave; absent on a host without keys.</summary>
        public string? Key { get; init; }

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
