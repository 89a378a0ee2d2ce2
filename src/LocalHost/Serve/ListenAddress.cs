using System.Net;
using System.Net.Sockets;
using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Texts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FlDurable.LocalHost.Serve;

/// <summary>Where to listen.</summary>
/// <param name="Ip">The address; null for every address of the machine.</param>
/// <param name="Port">The port; 0 is any that is free.</param>
internal sealed record ListenAddress(IPAddress? Ip, int Port)
{
    private const string Expected = "expected http://ADDRESS:PORT, where ADDRESS is an IP address, localhost, or * for all";

    /// <summary>Whether only this machine can call.</summary>
    public bool IsLoopback => Ip is not null && IPAddress.IsLoopback(Ip);

    /// <summary>Whether whoever listens here listens there too.</summary>
    public bool Covers(ListenAddress other) => Port == other.Port && (Ip is null || Ip.Equals(IPAddress.Any) || Ip.Equals(IPAddress.IPv6Any) || Ip.Equals(other.Ip));

    /// <summary>Reads addresses with semicolons between them, as ASP.NET Core takes them.</summary>
    /// <param name="urls">The addresses.</param>
    /// <param name="option">The option that they are given with.</param>
    /// <exception cref="UsageException">One is none.</exception>
    public static IReadOnlyList<ListenAddress> ParseAll(string urls, string option = "--urls")
    {
        var addresses = urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(url => Parse(url, option)).Distinct().ToList();
        return addresses.Count > 0 ? addresses : throw new UsageException($"{option}: {Expected}");
    }

    /// <summary>Has a server listen here.</summary>
    public void ListenWith(KestrelServerOptions kestrel)
    {
        if (Ip is null)
            kestrel.ListenAnyIP(Port);
        else
            kestrel.Listen(Ip, Port);
    }

    /// <summary>As it is given.</summary>
    public override string ToString() => $"http://{(Ip is null ? "*" : Ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Ip}]" : Ip.ToString())}:{Port}";

    private static ListenAddress Parse(string url, string option)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            throw new UsageException($"{option}: {Expected}, got '{Excerpt.Printable(url)}'");
        }

        if (address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase))
            throw new UsageException($"{option}: {Expected}; for https put a reverse proxy before it, got '{Excerpt.Printable(url)}'");
        if (!address.Scheme.Equals("http", StringComparison.OrdinalIgnoreCase) || address.PathBase.Length > 0 || address.IsUnixPipe
            || address.Port is < 0 or > IPEndPoint.MaxPort)
        {
            throw new UsageException($"{option}: {Expected}, got '{Excerpt.Printable(url)}'");
        }

        return new ListenAddress(IpOf(address.Host, url, option), address.Port);
    }

    private static IPAddress? IpOf(string host, string url, string option) => host switch
    {
        "*" or "+" => null,
        _ when host.Equals("localhost", StringComparison.OrdinalIgnoreCase) => IPAddress.Loopback,
        _ when IPAddress.TryParse(host.Trim('[', ']'), out var ip) => ip,
        _ => throw new UsageException($"{option}: {Expected}, got '{Excerpt.Printable(url)}'"),
    };
}
