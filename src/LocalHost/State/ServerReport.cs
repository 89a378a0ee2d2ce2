using System.Collections.Concurrent;
using FlDurable.Api;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Remote;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.State;

/// <summary>What a server knows of a federation, as what a state folder knows.</summary>
internal static class ServerReport
{
    private const int AtOnce = 8;

    /// <summary>What a federation was started with, as far as a server tells.</summary>
    /// <exception cref="UsageException">It is damaged.</exception>
    public static ResolvedSpec SpecOf(FederationDetails federation, FederationServerClient server) => new(
        ResolvedSpec.CurrentVersion, federation.Id, federation.Engine ?? ResolvedSpec.Undecided, federation.Dataset, Initial: null,
        federation.Spec ?? throw new UsageException($"id: of federation '{federation.Id}' {server.Place} the spec is damaged or gone: {string.Join("; ", federation.Damage ?? [])}"));

    /// <summary>Reads it, with the record of every round.</summary>
    /// <exception cref="UsageException">There is no such federation, or it is damaged.</exception>
    public static async Task<FederationReport> ReadAsync(FederationServerClient server, string id, CancellationToken cancellationToken)
    {
        var federation = await server.GetAsync(id, rounds: 0, cancellationToken);
        var records = new ConcurrentBag<RoundRecord>();
        await Parallel.ForAsync(
            0, Math.Max(0, (federation.Progress?.Round ?? -1) + 1), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (round, cancel) => records.Add(await server.GetRoundAsync(id, round, cancel)));
        return Of(federation, server, [.. records.OrderBy(record => record.Round)]);
    }

    /// <summary>What an answer tells, with the rounds of which the records are known.</summary>
    /// <exception cref="UsageException">Its spec is damaged.</exception>
    public static FederationReport Of(FederationDetails federation, FederationServerClient server, IReadOnlyList<RoundRecord> rounds)
    {
        var (id, spec) = (federation.Id, SpecOf(federation, server).Spec);
        return new FederationReport
        {
            Id = id,
            Status = ServerStatus.Word(federation),
            Failure = federation.Failure,
            MissingClients = federation.MissingClients,
            Doing = federation.Progress?.Doing,
            Waiting = federation.Waiting,
            PastFailures = federation.PastFailures,
            CreatedAt = federation.CreatedAt,
            LastUpdatedAt = federation.LastUpdatedAt,
            Damage = federation.Damage,
            Spec = spec,
            Dataset = federation.Dataset,
            Engine = federation.Engine ?? spec.Engine,
            Seed = spec.Seed,
            Network = spec.Network.Name,
            Clients = spec.Clients,
            PlannedRounds = spec.Rounds,
            InProgress = federation.InProgress,
            Rounds = rounds,
            Model = federation.Model is { } model ? new FederationModel(ArtifactNames.Model(id), model.Sha256) : null,
            Stopped = rounds is [.., { Stopped: { } stopped }] ? stopped : null,
            Best = federation.Best is { } best && rounds.FirstOrDefault(record => record.Round == best.Round) is { } at
                ? new BestModel(best.Metric, best.Round, best.Value, ArtifactNames.GlobalParameters(id, best.Round), at.ParametersSha256)
                : null,
        };
    }
}
