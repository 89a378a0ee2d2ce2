using System.Net;
using FlDurable.Api;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FlDurable.LocalHost.Serve;

/// <summary>Who may call.</summary>
internal static class Access
{
    /// <summary>Lets those in who have the key. Without one the page and the document can be read.</summary>
    public static IApplicationBuilder RequireKey(this IApplicationBuilder app, ApiKey key) => app.Use(next => context =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null
            || (context.Request.Headers[ApiDocument.KeyHeader] is [var given] && key.Is(given)))
        {
            return next(context);
        }

        context.Response.Headers.WWWAuthenticate = $"ApiKey header=\"{ApiDocument.KeyHeader}\"";
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    });

    /// <summary>
    /// Where no key is asked for, lets in only who is on this machine and addressed it itself: a page of some site, open in this machine's
    /// browser, can send requests too, under that site's name or by a name of its own that leads here; and a proxy on this machine sends on
    /// requests of anybody, under whatever name.
    /// </summary>
    public static IApplicationBuilder RequireThisMachine(this IApplicationBuilder app) => app.Use(next => context =>
    {
        var request = context.Request;
        var own = $"{request.Scheme}://{request.Host}";
        if (context.Connection.RemoteIpAddress is { } caller && IPAddress.IsLoopback(caller) && !Forwarding.IsUntaken(request)
            && IsLoopback(request.Host.Host) && request.Headers.Origin.All(origin => string.Equals(origin, own, StringComparison.OrdinalIgnoreCase)))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    });

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
