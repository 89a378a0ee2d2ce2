using System.CommandLine;
using FlDurable.Api;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Serving;

namespace FlDurable.LocalHost.Commands;

/// <summary><c>serve</c>: federations over HTTP, until it is stopped.</summary>
internal static class ServeCommand
{
    private const string DefaultUrls = "http://127.0.0.1:7071";

    public static Command Create(Terminal terminal)
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
        var command = new Command("serve", "Serve the HTTP API, and go on with every federation of the state folder.") { urls, parallel, noAuth, files };
        command.SetAction((parsed, cancellationToken) =>
        {
            var addresses = ListenAddress.ParseAll(parsed.GetValue(urls) ?? DefaultUrls);
            var needsKey = !parsed.GetValue(noAuth);
            if (!needsKey && !addresses.All(address => address.IsLoopback))
                throw new UsageException("--no-auth: expected --urls on loopback only (127.0.0.1, [::1] or localhost), which no other machine can call");
            var request = new ServeRequest(
                parsed.StateFolder(), addresses, CommonOptions.ParallelismOf(parsed.GetValue(parallel)), needsKey, FilesIn(parsed.GetValue(files)),
                parsed.LeastLogLevel());
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

    private static async Task<int> RunAsync(ServeRequest request, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var server = await FederationServer.StartAsync(request, terminal, configure: null, cancellationToken);
        if (server.NewKey is { } key)
            terminal.Output.WriteLine($"key (shown this once): {key}");
        if (request.NeedsKey)
            terminal.Output.WriteLine($"callers need the key of {ApiKey.PathIn(request.State.Path)} in the header {ApiDocument.KeyHeader}");
        foreach (var url in server.Urls)
            terminal.Output.WriteLine($"listening on {url}, described at {url}{FederationPaths.Page}");

        var stop = new TaskCompletionSource();
        await using var registration = cancellationToken.Register(stop.SetResult);
        await await Task.WhenAny(stop.Task, server.Stopped);
        return ExitCode.Done;
    }
}
