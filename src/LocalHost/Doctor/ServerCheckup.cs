using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Serve;

namespace FlDurable.LocalHost.Doctor;

/// <summary>Looks at the ports that <c>serve</c> would listen at.</summary>
internal static partial class ServerCheckup
{
    /// <summary>Whether they are free.</summary>
    public static IEnumerable<Finding> Ports(StateFolder? state, IReadOnlyList<ListenAddress> addresses)
    {
        var served = state is null ? [] : ServedAt(state);
        return addresses.Select(address => WhyNot(address) is not { } reason
            ? new Finding("port", Condition.Well, $"serve can listen at {address}")
            : OfTaken(address, reason, [.. served.Where(one => one.Port == address.Port)]));
    }

    private static Finding OfTaken(ListenAddress address, string reason, IReadOnlyList<ListenAddress> served)
    {
        if (served.Count == 0)
        {
            return new Finding(
                "port", Condition.Broken, $"serve can't listen at {address}: {reason}",
                $"end who has it (ss -ltnp 'sport = :{address.Port}' tells), or take another: fldurable serve --urls http://127.0.0.1:PORT");
        }

        var all = string.Join(" and ", served);
        return served.Any(one => one.Covers(address))
            ? new Finding("port", Condition.Well, $"serve listens at {all}")
            : new Finding(
                "port", Condition.Note, $"serve listens at {all}, not at {address}: {(served.All(one => one.IsLoopback) ? "others can't reach it" : "it can't be reached at other addresses")}",
                $"for others to reach it, end it and start it there: fldurable serve --urls {address}");
    }

    /// <summary>Where the server that has a state folder listens; without its own word, as on a full disk, where it was told to.</summary>
    private static List<ListenAddress> ServedAt(StateFolder state)
    {
        if (ServedFolder.Find(state) is { } served)
            return [.. served.Urls.SelectMany(url => ListenAddress.ParseAll(url))];
        return InstanceReader.IsAtWork(state.Path) && InstanceReader.FindOwner(state.Path) is { } owner
            ? [.. Url().Matches(owner).SelectMany(url => ListenAddress.ParseAll(url.Value))]
            : [];
    }

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

    [GeneratedRegex("http://[^/\\s,]+:[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Url();
}
