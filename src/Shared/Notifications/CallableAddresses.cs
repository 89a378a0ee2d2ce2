using System.Net;
using System.Net.Sockets;

namespace FlDurable.Shared.Notifications;

/// <summary>
/// Which addresses may be called on a caller's behalf: public ones, and those in the networks that the host allows. All others, such as the
/// host's own, its neighbours' and its cloud's, are not the caller's to reach (server-side request forgery).
/// </summary>
internal sealed class CallableAddresses(IReadOnlyList<IPNetwork> allowed)
{
    // IANA's registries of special-purpose addresses, and multicast.
    private static readonly IReadOnlyList<IPNetwork> NotPublic =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        ]).Select(IPNetwork.Parse),
    ];

    // The one block that is given out, less what in it is not public or leads to an IPv4 address by way of a translator.
    private static readonly IPNetwork PublicV6 = IPNetwork.Parse("2000::/3");
    private static readonly IReadOnlyList<IPNetwork> NotPublicV6 =
        [.. ((string[])["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]).Select(IPNetwork.Parse)];

    /// <summary>Whether an address may be called.</summary>
    public bool IsCallable(IPAddress address) => IsAllowed(address) || IsPublic(Plain(address));

    /// <summary>Whether it is in a network that the host allows.</summary>
    public bool IsAllowed(IPAddress address) => allowed.Any(network => network.Contains(Plain(address)));

    private static bool IsPublic(IPAddress address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => !NotPublic.Any(network => network.Contains(address)),
        AddressFamily.InterNetworkV6 => PublicV6.Contains(address) && !NotPublicV6.Any(network => network.Contains(address)),
        _ => false,
    };

    // ::ffff:127.0.0.1 is 127.0.0.1 to whoever connects to it.
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
