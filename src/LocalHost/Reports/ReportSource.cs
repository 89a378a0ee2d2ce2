using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Remote;
using FlDurable.LocalHost.State;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Reports;

/// <summary>Where federations are looked at: in a state folder or on a task hub, also while a server has it; or at a server that the command line names.</summary>
internal sealed class ReportSource : IDisposable
{
    private readonly StateFolder? state;
    private readonly StateReader? reader;
    private readonly FederationServerClient? server;

    private ReportSource(StateFolder? state, FederationServerClient? server)
    {
        this.state = state;
        this.server = server;
        reader = state is null ? null : new StateReader(state);
    }

    /// <summary>The one that the command line names.</summary>
    /// <exception cref="UsageException">The server's address is none, or its key can't be used.</exception>
    public static ReportSource Of(ParseResult parsed, ServerOptions options, Terminal terminal) => options.Named(parsed) is { } address
        ? new ReportSource(state: null, new FederationServerClient(address, terminal.Note))
        : new ReportSource(parsed.StateFolder(), server: null);

    /// <summary>Refuses a file that is in the state folder.</summary>
    /// <exception cref="UsageException">It is.</exception>
    public void RefuseOutput(string path) => state?.RefuseOutput(path);

    /// <summary>What is known of a federation.</summary>
    /// <exception cref="UsageException">There is no such federation.</exception>
    public Task<FederationReport> ReadAsync(string id, CancellationToken cancellationToken) =>
        server is not null ? ServerReport.ReadAsync(server, id, cancellationToken) : FederationReport.ReadAsync(reader!, id, cancellationToken);

    /// <summary>How many images of each class each client of a federation has; null where that is not known.</summary>
    public async Task<DivisionByClass?> FindDivisionAsync(string id, CancellationToken cancellationToken)
    {
        if (server is not null)
        {
            return await server.FindDivisionAsync(id, cancellationToken) is { Clients: { Count: > 0 } clients } division && clients.All(client => client.ByClass is not null)
                ? new DivisionByClass([.. clients.Select(client => client.ByClass!)], division.Classes)
                : null;
        }

        try
        {
            return await reader!.FindManifestAsync(await reader.ReadSpecAsync(id, cancellationToken), cancellationToken) is { LabelCounts: { } counts } manifest
                ? new DivisionByClass(counts, manifest.Classes)
                : null;
        }
        catch (ArtifactStoreException)
        {
            return null; // what came of the federation is no less true
        }
    }

    public void Dispose() => server?.Dispose();
}

/// <summary>How many images of each class each client has.</summary>
/// <param name="Counts">For each client, for each class.</param>
/// <param name="Classes">The classes' names.</param>
internal sealed record DivisionByClass(IReadOnlyList<IReadOnlyList<int>> Counts, IReadOnlyList<string> Classes);
