using System.Net;
using System.Security.Cryptography;
using System.Text;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Work;

/// <summary>Is told what workers do, before they are answered: in a host that keeps a trail of who does what.</summary>
public interface IWorkerTrail
{
    /// <summary>Takes note of a call.</summary>
    /// <exception cref="Orchestrator.Durable.EngineUnavailableException">It can't: the worker is not answered, and asks again.</exception>
    Task TellAsync(WorkerCall call);
}

/// <summary>A worker's call by which work is taken or ends, by which a site says what it has, or which is refused.</summary>
/// <param name="Key">What its key begins with, without the secret; null where nobody has such a key.</param>
/// <param name="Address">Where the worker is, behind proxies that are trusted.</param>
/// <param name="Asked">The call, without ids.</param>
/// <param name="Answered">With what HTTP status it is answered.</param>
public sealed record WorkerCall(string? Key, IPAddress? Address, string Asked, int Answered)
{
    /// <summary>What a key that nobody has begins with: anybody can say so.</summary>
    public string? Claimed { get; init; }

    /// <summary>Stands for the lease, which itself only its worker is to know: the calls about it have the same.</summary>
    public string? Lease { get; init; }

    /// <summary>What was taken; null for other calls.</summary>
    public TakenWork? Taken { get; init; }

    /// <summary>The code of <see cref="WorkFailures"/> by which a worker says why nothing comes of the work.</summary>
    public string? Code { get; init; }
}

/// <summary>What a call that is done was about.</summary>
/// <param name="Taken">What was taken; null for other calls.</param>
/// <param name="Code">The code of a failure.</param>
internal sealed record WorkerCallSubject(TakenWork? Taken = null, string? Code = null)
{
    /// <summary>Has a call told of although nothing is wrong with it. Those that only wait, look, renew or send a part are not.</summary>
    public void Of(HttpContext http) => http.Features.Set(this);
}

/// <summary>Tells the trail, if the host has one.</summary>
internal static class WorkerTrailCalls
{
    private const int DigestDigits = 12;

    /// <summary>Tells of a call, unless it is none to be told of.</summary>
    /// <param name="http">The request.</param>
    /// <param name="key">What its key begins with; null where nobody has such a key.</param>
    /// <param name="given">The key as it was given, if it was.</param>
    /// <param name="answer">The answer, which is not sent yet.</param>
    public static Task TellTrailAsync(this HttpContext http, string? key, string? given, object? answer)
    {
        var status = (answer as IStatusCodeHttpResult)?.StatusCode ?? StatusCodes.Status200OK;
        var subject = http.Features.Get<WorkerCallSubject>();
        if (http.RequestServices.GetService<IWorkerTrail>() is not { } trail || !(status is >= 400 and < 500 || subject is not null))
            return Task.CompletedTask;
        var lease = subject?.Taken?.Lease ?? http.GetRouteValue("lease") as string;
        return trail.TellAsync(new WorkerCall(
            key, http.Connection.RemoteIpAddress, $"{http.Request.Method} {(http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText}", status)
        {
            Claimed = key is null ? BeginningOf(given) : null,
            Lease = lease is not null && WorkRequests.IsLease(lease) ? Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(lease)))[..DigestDigits] : null,
            Taken = subject?.Taken,
            Code = subject?.Code,
        });
    }

    /// <summary>What stands before a key's secret; null if it is no key.</summary>
    private static string? BeginningOf(string? key)
    {
        var end = key?.LastIndexOf('_') ?? -1;
        return end > 0 && ((string[])[WorkProtocol.KeyPrefix, PoolProtocol.KeyPrefix]).Any(
            prefix => end > prefix.Length && key!.StartsWith(prefix, StringComparison.Ordinal) && ArtifactNames.IsId(key[prefix.Length..end]))
            ? key![..end]
            : null;
    }
}
