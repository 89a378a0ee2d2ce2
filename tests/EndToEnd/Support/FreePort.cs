using System.Net;
using System.Net.Sockets;

namespace FlDurable.EndToEnd.Support;

/// <summary>Ports of this machine at which nobody listens.</summary>
internal static class FreePort
{
    /// <summary>One; another process may take it before it is used.</summary>
    public static int Find()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
