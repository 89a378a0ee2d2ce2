using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Serve;

namespace FlDurable.LocalHost.Doctor;

/// <summary>Looks at the ports that <c>serve</c> would listen at.</summary>
internal static class ServerCheckup
{
    /// <summary>Whether they are free.</summary>
    public static IEnumerable<Finding> Ports(StateFolder? state, IReadOnlyList<ListenAddress> addresses) =>
        from address in addresses
        select WhyNot(address) switch
        {
            null => new Finding("port", Condition.Well, $"serve can listen at {address}"),
            _ when state is not null && InstanceReader.IsAtWork(state.Path) && InstanceReader.FindOwner(state.Path) is { } owner && ListensAt(address.Port).IsMatch(owner) =>
                new Finding("port", Condition.Well, $"serve listens at {address}"),
            var reason => new Finding(
                "port", Condition.Broken, $"serve can't listen at {address}: {reason}",
                $"end who has it (ss -ltnp 'sport = :{address.Port}' tells), or take another: fldurable serve --urls http://127.0.0.1:PORT"),
        };

    // A server's address there may be *, or a name: the port is what both would take.
    private static Regex ListensAt(int port) => new(string.Create(CultureInfo.InvariantCulture, $"https?://[^/\\s]+:{port}(?!\\d)"), RegexOptions.CultureInvariant);

    private static string? WhyNot(ListenAddress address)
    {
        try
        {
            using var listener = new TcpListener(address.Ip ?? IPAddress.Any, address.Port) { ExclusiveAddressUse = true };
            listener.Start();
            return null;
        }
        catch (SocketException exception)
        {
            return exception.Message;
        }
    }
}
