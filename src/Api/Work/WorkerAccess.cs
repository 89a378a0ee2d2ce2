using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Work;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlDurable.Api.Work;

/// <summary>Lets those in who have a site's key, as that site. The host's own key is none, and no site's key opens what is the host's.</summary>
internal sealed class WorkerAccess(ISiteRegistry sites) : IEndpointFilter
{
    private const string Site = "fldurable.site";

    /// <summary>The site whose worker asks.</summary>
    public static string SiteOf(HttpContext context) => (string)context.Items[Site]!;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var given = http.Request.Headers.Authorization;
        var key = given is [{ } header] && header.StartsWith($"{WorkProtocol.Scheme} ", StringComparison.OrdinalIgnoreCase)
            ? header[(WorkProtocol.Scheme.Length + 1)..].Trim()
            : null;
        if (key is null || await sites.FindByKeyAsync(key, http.RequestAborted) is not { } site)
        {
            http.Response.Headers[HeaderNames.WWWAuthenticate] = WorkProtocol.Scheme;
            return ApiAnswers.Problem(ProblemKind.NoKey, $"expected the key of a site that has not been revoked, as '{WorkProtocol.Scheme} KEY' in the header {HeaderNames.Authorization}");
        }

        http.Items[Site] = site;
        return await next(context);
    }
}
