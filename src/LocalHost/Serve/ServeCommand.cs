using System.CommandLine;
using System.Net;
using FlDurable.Api;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.Shared.Texts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Serve;

/// <summary><c>serve</c>: federations over HTTP, until it is stopped.</summary>
internal static class ServeCommand
{
    /// <summary>Where it listens unless it is told otherwise.</summary>
    public const string DefaultUrls = "http://127.0.0.1:7071";

    public static Command Create(Terminal terminal, HostParts parts)
    {
        var urls = new Option<string?>("--urls")
        {
            HelpName = "URL[;URL]",
            Description = $"Where to listen: http:// with an IP address, localhost or *, and a port. Default: {DefaultUrls}.",
        };
        var parallel = CommonOptions.Parallel();
        var noAuth = new Option<bool>("--no-auth") { Description = "Ask for no key. Only where nobody but this machine can call." };
        var files = new Option<string?>("--allow-files")
        {
            HelpName = "DIR",
            Description = "Let specs name files of this machine as data, if they are in this folder.",
        };
        var simulation = new Option<bool>("--simulation") { Description = "Federations are simulations here: let specs have hostile clients (attack), for experiments." };
        var pathBase = new Option<string?>("--path-base")
        {
            HelpName = "PATH",
            Description = "Below what path callers see it, where a reverse proxy puts it there, such as /fl.",
        };
        var proxies = new Option<string?>("--trusted-proxies")
        {
            HelpName = "ADDRESS[,ADDRESS]",
            Description = "The reverse proxies, by IP address or network (10.0.0.0/8), that are believed what X-Forwarded-For, -Host, -Prefix and -Proto say.",
        };
        var command = new Command("serve", "Serve the HTTP API, and go on with every federation of the state folder.")
        {
            urls, parallel, noAuth, files, simulation, pathBase, proxies,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var addresses = ListenAddress.ParseAll(parsed.GetValue(urls) ?? DefaultUrls);
            var needsKey = !parsed.GetValue(noAuth);
            if (!needsKey && !addresses.All(address => address.IsLoopback))
                throw new UsageException("--no-auth: expected --urls on loopback only (127.0.0.1, [::1] or localhost), which no other machine can call");
            var request = new ServeRequest(
                parsed.StateFolder(), addresses, CommonOptions.ParallelismOf(parsed.GetValue(parallel)), needsKey, FilesIn(parsed.GetValue(files)),
                parsed.Logs(LogLevel.Information))
            {
                Parts = parts,
                IsSimulation = parsed.GetValue(simulation),
                Prefix = PrefixOf(parsed.GetValue(pathBase)),
                TrustedProxies = ProxiesOf(parsed.GetValue(proxies)),
            };
            return RunAsync(request, terminal, cancellationToken);
        });
        return command;
    }

    private static string? FilesIn(string? folder)
    {
        if (folder is not null && !Directory.Exists(folder))
            throw new UsageException($"--allow-files: there is no folder '{folder}'");
        return folder is null ? null : Path.GetFullPath(folder);
    }

    private static PathString PrefixOf(string? path) => path?.TrimEnd('/') switch
    {
        null or "" => default,
        var prefix when Forwarding.IsPrefix(prefix) => new PathString(prefix),
        _ => throw new UsageException($"--path-base: expected a path such as /fl, of letters, digits and . _ ~ -, got '{Excerpt.Printable(path)}'"),
    };

    private static IReadOnlyList<IPNetwork> ProxiesOf(string? list) =>
        [.. (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ProxyOf)];

    private static IPNetwork ProxyOf(string text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out var network) ? network
        : throw new UsageException($"--trusted-proxies: expected IP addresses, or networks such as 10.0.0.0/8, got '{Excerpt.Printable(text)}'");

    private static async Task<int> RunAsync(ServeRequest request, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var server = await FederationServer.StartAsync(request, terminal, configure: null, cancellationToken);
        if (server.NewKey is { } key)
            terminal.Output.WriteLine($"key (shown this once): {key}");
        if (request.NeedsKey)
            terminal.Output.WriteLine($"callers need the key of {ApiKey.PathIn(request.State.Path)} in the header {ApiDocument.KeyHeader}");
        foreach (var url in server.Urls)
            terminal.Output.WriteLine($"listening on {url}, shown at {url}{request.Prefix}{server.Paths.Dashboard}, described at {url}{request.Prefix}{server.Paths.Page}");

        var stop = new TaskCompletionSource();
        await using var registration = cancellationToken.Register(stop.SetResult);
        await await Task.WhenAny(stop.Task, server.Stopped);
        return ExitCode.Done;
    }
}
