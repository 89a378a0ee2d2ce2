using System.Diagnostics;
using FlDurable.ClientActivities;
using FlDurable.EmbeddedEngine;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Bench.Federations;

/// <summary>
/// One federation with a no-op trainer: orchestrators, activities, engine and file store are those of a real one, and all that it does is
/// flushed to the disk that holds the temporary folder (TMPDIR).
/// </summary>
internal sealed class FederationMeasurement : IDisposable
{
    private const string Id = "bench";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fldurable-bench-");
    private readonly FederationSpec spec;
    private readonly CountedArtifacts artifacts;
    private readonly RoundClock clock;

    /// <param name="clients">How many clients, all of which train in every round and half of which evaluate.</param>
    /// <param name="rounds">How many rounds.</param>
    /// <param name="cohortSize">Clients an activity.</param>
    public FederationMeasurement(int clients, int rounds, int cohortSize)
    {
        spec = new FederationSpec
        {
            Id = Id,
            Network = TinyImages.Network.Name,
            Data = "synthetic",
            Clients = clients,
            ValidationFraction = TinyImages.ValidationFraction,
            Rounds = rounds,
            CohortSize = cohortSize,
            Retention = "last:1",
        };
        artifacts = new CountedArtifacts(new FileArtifactStore(Path.Combine(folder.FullName, "artifacts")));
        clock = new RoundClock(artifacts);
    }

    /// <summary>Runs the federation.</summary>
    /// <exception cref="InvalidOperationException">It failed, or a client is not in a round's record.</exception>
    public async Task<FederationFigures> RunAsync(CancellationToken cancellationToken)
    {
        var result = await RunToEndAsync(cancellationToken);
        foreach (var round in result.Rounds.Skip(1))
        {
            var clients = 0;
            await foreach (var part in new RecordedFederation(artifacts, Id).ReadClientsAsync(round, cancellationToken))
                clients += part.Participants.Count(participant => participant.Examples == 1) - part.Failures.Count;
            if (clients != spec.Clients)
                throw new InvalidOperationException($"round {round.Round} has {clients} clients without a failure, expected {spec.Clients}");
        }

        using var messages = new CommittedMessages(folder.FullName);
        using var process = Process.GetCurrentProcess();
        var moments = clock.Moments;
        var rounds = Enumerable.Range(1, spec.Rounds).Select(round => new RoundFigures(
            Stopwatch.GetElapsedTime(moments[round].Timestamp, moments[round + 1].Timestamp).TotalMilliseconds,
            messages.Events(Id, round),
            moments[round + 1].BytesRead - moments[round].BytesRead,
            moments[round + 1].ArtifactsWritten - moments[round].ArtifactsWritten,
            moments[round + 1].ResidentBytes));
        return new FederationFigures(
            spec.Clients, spec.CohortSize, Stopwatch.GetElapsedTime(moments[0].Timestamp, moments[1].Timestamp), [.. rounds],
            messages.LargestBytes(), process.PeakWorkingSet64);
    }

    public void Dispose() => folder.Delete(recursive: true);

    private async Task<FederationResult> RunToEndAsync(CancellationToken cancellationToken)
    {
        await using var services = Compose();
        await using var engine = services.GetRequiredService<EmbeddedEngineHost>();
        await engine.StartAsync(cancellationToken);
        clock.Start();
        await services.GetRequiredService<FederationLauncher>().LaunchAsync(services.GetRequiredService<SpecReader>().Check(spec), initial: null, progress: null, cancellationToken);
        var end = await services.GetRequiredService<IOrchestrationClient>().WaitForInstanceCompletionAsync(Id, cancellationToken);
        if (end.RuntimeStatus != OrchestrationRuntimeStatus.Completed)
            throw new InvalidOperationException($"the federation ended as {end.RuntimeStatus}: {end.FailureReason}");
        return (await artifacts.FindJsonAsync<FederationResult>(ArtifactNames.Result(Id), cancellationToken))!;
    }

    private ServiceProvider Compose() => new ServiceCollection()
        .AddSingleton<IArtifactStore>(artifacts)
        .AddSingleton<IDatasetLibrary>(new TinyImages(spec.Clients))
        .AddSingleton(new DatasetNames())
        .AddPartitioners()
        .AddSingleton<PartitionedDataset>()
        .AddNetwork(TinyImages.Network)
        .AddNetworks()
        .AddSingleton<ITrainingEngine, NoOpEngine>()
        .AddClientActivities()
        .AddFederations()
        .ObserveActivity(Activities.RecordRound, clock.Record)
        .AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = folder.FullName })
        .BuildServiceProvider();
}

/// <summary>What a federation took.</summary>
/// <param name="Clients">Its clients.</param>
/// <param name="CohortSize">Clients an activity.</param>
/// <param name="Preparation">The time until round 0 was recorded: every client's data is written.</param>
/// <param name="Rounds">Each round from 1.</param>
/// <param name="LargestMessageBytes">The largest input, output, event or custom status that was committed.</param>
/// <param name="PeakResidentBytes">The most memory that the process ever had.</param>
internal sealed record FederationFigures(
    int Clients, int CohortSize, TimeSpan Preparation, IReadOnlyList<RoundFigures> Rounds, long LargestMessageBytes, long PeakResidentBytes);

/// <summary>What a round took, from the record of the one before to its own.</summary>
/// <param name="Milliseconds">Time.</param>
/// <param name="HistoryEvents">Events in the histories of the round and its leaves.</param>
/// <param name="BytesRead">Read of artifacts.</param>
/// <param name="ArtifactsWritten">Artifacts.</param>
/// <param name="ResidentBytes">The process's memory at its end.</param>
internal sealed record RoundFigures(double Milliseconds, long HistoryEvents, long BytesRead, long ArtifactsWritten, long ResidentBytes);
