using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Work;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlDurable.Api.Work;

/// <summary>Lets those in who have a site's key, as that site. The host's own key is none, nor is one of the pool, and no site's key opens what is the host's.</summary>
internal sealed class WorkerAccess(ISiteRegistry sites) : IEndpointFilter
{
    private const string Site = "fldurable.site";

    /// <summary>The site whose worker asks.</summary>
    public static string SiteOf(HttpContext context) => (string)context.Items[Site]!;

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        WorkerKeys.LetInAsync(context, next, Site, "a site", WorkProtocol.KeyPrefix, sites.FindByKeyAsync);
}

/// <summary>Lets those in who have a key of the pool. No other key is one, and it opens nothing else.</summary>
internal sealed class PoolAccess(IPoolRegistry pool) : IEndpointFilter
{
    private const string Name = "fldurable.pool";

    /// <summary>Whose key the worker has.</summary>
    public static string NameOf(HttpContext context) => (string)context.Items[Name]!;

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        WorkerKeys.LetInAsync(context, next, Name, "the pool", PoolProtocol.KeyPrefix, pool.FindByKeyAsync);
}

/// <summary>The keys of workers as they come with a request.</summary>
internal static class WorkerKeys
{
    /// <summary>Goes on with a request whose key somebody has.</summary>
    /// <param name="context">The request.</param>
    /// <param name="next">What goes on.</param>
    /// <param name="item">Where it finds whose key it is.</param>
    /// <param name="whose">Whose key is expected, for a person.</param>
    /// <param name="prefix">What such keys begin with.</param>
    /// <param name="find">Finds who has a key.</param>
    public static async ValueTask<object?> LetInAsync(
        EndpointFilterInvocationContext context, EndpointFilterDelegate next, string item, string whose, string prefix, Func<string, CancellationToken, Task<string?>> find)
    {
        var http = context.HttpContext;
        var given = http.Request.Headers.Authorization;
        var key = given is [{ } header] && header.StartsWith($"{WorkProtocol.Scheme} ", StringComparison.OrdinalIgnoreCase)
            ? header[(WorkProtocol.Scheme.Length + 1)..].Trim()
            : null;
        if (key is null || await find(key, http.RequestAborted) is not { } who)
        {
            http.Response.Headers[HeaderNames.WWWAuthenticate] = WorkProtocol.Scheme;
            var refusal = ApiAnswers.Problem(ProblemKind.NoKey, $"expected a key of {whose} that has not been revoked, as '{WorkProtocol.Scheme} KEY' in the header {HeaderNames.Authorization}");
            await http.TellTrailAsync(key: null, key, refusal);
            return refusal;
        }

        http.Items[item] = who;
        var answer = await next(context);
        await http.TellTrailAsync(prefix + who, key, answer);
        return answer;
    }
}
