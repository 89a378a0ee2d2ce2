using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Places;

namespace FlDurable.LocalHost.Remote;

/// <summary>The options by which a command asks a server, in place of a state folder of this machine.</summary>
internal sealed class ServerOptions
{
    private readonly Option<string?> server = new("--server")
    {
        HelpName = "URL",
        Description = "Do it at the server (fldurable serve, or a Function app) there, in place of a state folder of this machine.",
    };

    private readonly Option<string?> keyFile = new("--key-file") { HelpName = "FILE", Description = "The file with the server's key, which its owner alone can read." };

    /// <summary>Adds them to a command.</summary>
    public ServerOptions(Command command)
    {
        command.Add(server);
        command.Add(keyFile);
    }

    /// <summary>The server that the command line names; null if none.</summary>
    /// <exception cref="UsageException">The address is none, the key file can't be used, or a state folder or hub is named besides.</exception>
    public ServerAddress? Named(ParseResult parsed)
    {
        if (parsed.GetValue(server) is not { } url)
            return parsed.GetValue(keyFile) is null ? null : throw new UsageException("--key-file: is for a server; expected --server URL as well");
        foreach (var other in (Option<string?>[])[CommonOptions.Storage, CommonOptions.Hub, CommonOptions.Sql])
        {
            if (parsed.GetValue(other) is not null)
                throw new UsageException($"{other.Name}: the server has its own; expected --server without it");
        }

        return ServerAddress.Of(url, parsed.GetValue(keyFile));
    }

    /// <summary>The server that the command line names, or else the one that has the state folder now: nobody but that can change anything there. Null if there is none.</summary>
    /// <exception cref="UsageException">As for <see cref="Named"/>.</exception>
    public ServerAddress? Find(ParseResult parsed)
    {
        if (Named(parsed) is { } named)
            return named;
        var state = parsed.StateFolder();
        return ServedFolder.Find(state) is { } served ? ServerAddress.Of(served, state.AsOptions) : null;
    }
}
