using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace FlDurable.LocalHost.Serve;

/// <summary>
/// Where callers see the host, if a proxy stands before it: below a prefix that the host itself was told, or as headers of a proxy that it was
/// told to trust say. (ASP.NET Core's own middleware takes each header by itself, and a prefix of any form, also one that begins with two
/// slashes and so makes links to another host.)
/// </summary>
internal static partial class Forwarding
{
    private const string For = "X-Forwarded-For";
    private const string Host = "X-Forwarded-Host";
    private const string Prefix = "X-Forwarded-Prefix";
    private const string Proto = "X-Forwarded-Proto";

    private static readonly string[] Names = [For, Host, Prefix, Proto];

    /// <summary>Whether a request says of a proxy what was not taken from it.</summary>
    public static bool IsUntaken(HttpRequest request) => Names.Any(request.Headers.ContainsKey);

    /// <summary>
    /// Takes from a proxy that is trusted who asks it, and for what address: all that it says, or nothing if any of it is malformed. Of several
    /// values the last is the one that this proxy wrote; those before it are whatever it was sent.
    /// </summary>
    public static IApplicationBuilder UseForwarded(this IApplicationBuilder app, IReadOnlyList<IPNetwork> trusted)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Forwarding));
        var (hasToldOfStranger, hasToldOfMalformed) = (0, 0);
        return app.Use(next => context =>
        {
            var sent = Names.Where(name => context.Request.Headers.ContainsKey(name)).ToList();
            if (sent.Count > 0)
            {
                if (!IsTrusted(trusted, context.Connection.RemoteIpAddress))
                {
                    if (Interlocked.Exchange(ref hasToldOfStranger, 1) == 0)
                        LogStranger(logger, string.Join(", ", sent), context.Connection.RemoteIpAddress);
                }
                else if (!TryTake(context) && Interlocked.Exchange(ref hasToldOfMalformed, 1) == 0)
                {
                    LogMalformed(logger, string.Join(", ", sent), context.Connection.RemoteIpAddress);
                }
            }

            return next(context);
        });
    }

    /// <summary>Has every path begin with a prefix, whether the proxy leaves it in what it asks for or takes it out; what a trusted proxy says goes before.</summary>
    public static IApplicationBuilder UsePrefix(this IApplicationBuilder app, PathString prefix) => app.Use(next => context =>
    {
        var request = context.Request;
        if (!request.PathBase.HasValue)
        {
            if (request.Path.StartsWithSegments(prefix, StringComparison.Ordinal, out var rest))
                request.Path = rest;
            request.PathBase = prefix;
        }

        return next(context);
    });

    /// <summary>Whether a text is a prefix: names with a slash before each, in characters that mean nothing else in a URL.</summary>
    public static bool IsPrefix(string text) => PrefixForm().IsMatch(text);

    private static bool IsTrusted(IReadOnlyList<IPNetwork> trusted, IPAddress? address)
    {
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        return address is not null && trusted.Any(network => network.Contains(address));
    }

    private static bool TryTake(HttpContext context)
    {
        var headers = context.Request.Headers;
        var (caller, host, prefix, proto) = (Last(headers[For]), Last(headers[Host]), Last(headers[Prefix])?.TrimEnd('/'), Last(headers[Proto]));
        IPEndPoint? endPoint = null;
        if ((caller is not null && !IPEndPoint.TryParse(caller, out endPoint))
            || (host is not null && !HostForm().IsMatch(host))
            || (!string.IsNullOrEmpty(prefix) && !IsPrefix(prefix))
            || (proto is not null && !proto.Equals("http", StringComparison.OrdinalIgnoreCase) && !proto.Equals("https", StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }

        // Who asks a proxy that doesn't say so is not known.
        (context.Connection.RemoteIpAddress, context.Connection.RemotePort) = (endPoint?.Address, endPoint?.Port ?? 0);
        if (host is not null)
            context.Request.Host = new HostString(host);
        if (!string.IsNullOrEmpty(prefix))
            context.Request.PathBase = prefix;
        if (proto is not null)
            context.Request.Scheme = proto.ToLowerInvariant();
        foreach (var name in Names)
            headers.Remove(name);
        return true;
    }

    /// <summary>What the nearest proxy has written; null if it says nothing.</summary>
    private static string? Last(StringValues values) => values.Count == 0 ? null : (values[^1] ?? "").Split(',')[^1].Trim();

    [GeneratedRegex(@"^(/(?!\.{1,2}(/|\z))[A-Za-z0-9._~-]+)+\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex PrefixForm();

    [GeneratedRegex(@"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex HostForm();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Headers} from {Address} are ignored, since it is no proxy that `--trusted-proxies` names. This is said once.")]
    private static partial void LogStranger(ILogger logger, string headers, IPAddress? address);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Headers} from {Address} are ignored, since not all of them can be read: expected an IP address, a host, a path such as /fl, and http or https. This is said once.")]
    private static partial void LogMalformed(ILogger logger, string headers, IPAddress? address);
}
