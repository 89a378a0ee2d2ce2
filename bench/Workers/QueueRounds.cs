using System.Globalization;
using Azure.Storage.Queues;
using FlDurable.Bench.Federations;
using FlDurable.Bench.Goals;
using FlDurable.ClientActivities;
using FlDurable.EmbeddedEngine;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Bench.Workers;

/// <summary>
/// What a client's work costs beside training where a worker, a process of its own, takes it from a queue. The host is in this process: what comes to its queue of results it takes as soon as it is
/// there. How often the Functions host looks there is not measured: after 100 ms at the soonest (host.json).
/// </summary>
/// <param name="storage">A connection string of an account for tests, whose queue <c>training</c> nobody else uses.</param>
internal sealed class QueueRounds(string storage) : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fldurable-bench-");
    private readonly string artifacts = string.Create(CultureInfo.InvariantCulture, $"{storage};Container=bench-{DateTime.UtcNow:yyyyMMdd-HHmmss}");

    /// <summary>The figure, or its place where no storage is named.</summary>
    public static Goal Of(double? milliseconds) => new("a client in the pool, by Azurite's queues and blobs: what a round takes beside the host's", "ms", milliseconds, 100);

    public void Dispose() => folder.Delete(recursive: true);

    public async Task<Goal> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var services = Compose();
        await using var engine = services.GetRequiredService<EmbeddedEngineHost>();
        await engine.StartAsync(cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var telling = TellAsync(services, stop.Token);
        await using var worker = ProgramProcess.Start(
            InFolder("cache"), "waiting for work", "work", "--pool", "--storage", artifacts, "--queues", storage, "--engine", "no-op", "--log-level", "warning", "--state", InFolder("work"));
        await worker.ReadyAsync(cancellationToken);
        var host = await RunAsync(services, Spec("at-host"), cancellationToken);
        var pool = await RunAsync(services, Spec("in-pool") with { Placement = new PlacementOptions(PlacementOptions.Pool, Fallback: PlacementOptions.None) }, cancellationToken);
        await stop.CancelAsync();
        await telling;
        return Of(pool - host);
    }

    private static FederationSpec Spec(string id) => new()
    {
        Id = id,
        Data = BenchSpecs.Data,
        Clients = 1,
        Network = "cifar10-cnn",
        Engine = "no-op",
        Rounds = BenchSpecs.FirstRounds + BenchSpecs.Rounds,
        FractionEvaluate = 0,
        CentralEvaluation = false,
    };

    private static async Task<double> RunAsync(ServiceProvider services, FederationSpec spec, CancellationToken cancellationToken)
    {
        await services.GetRequiredService<FederationLauncher>().LaunchAsync(services.GetRequiredService<SpecReader>().Check(spec), initial: null, progress: null, cancellationToken);
        var end = await services.GetRequiredService<IOrchestrationClient>().WaitForInstanceCompletionAsync(spec.Id!, cancellationToken);
        if (end.RuntimeStatus != OrchestrationRuntimeStatus.Completed)
            throw new InvalidOperationException($"the federation ended as {end.RuntimeStatus}: {end.FailureReason}");
        var result = (await services.GetRequiredService<IArtifactStore>().FindJsonAsync<FederationResult>(ArtifactNames.Result(spec.Id!), cancellationToken))!;
        if (result.Status != FederationStatus.Completed || result.Rounds.Any(round => round.Failures.Count > 0))
            throw new InvalidOperationException($"the federation {spec.Id} is {result.Status}: {result.Failure}");
        return BenchSpecs.Median([.. result.Rounds.Skip(1).Select(round => 1_000 * round.Seconds)]);
    }

    /// <summary>Tells the instances that wait, as the app's function does.</summary>
    private async Task TellAsync(ServiceProvider services, CancellationToken cancellationToken)
    {
        var (client, board) = (services.GetRequiredService<IOrchestrationClient>(), services.GetRequiredService<IWorkBoard>());
        var queue = new QueueClient(
            storage, $"{WorkAccount.UsualQueue}-results", new QueueClientOptions(QueueClientOptions.ServiceVersion.V2025_05_05) { MessageEncoding = QueueMessageEncoding.None });
        await queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        try
        {
            while (true)
            {
                var messages = (await queue.ReceiveMessagesAsync(cancellationToken: cancellationToken)).Value;
                foreach (var message in messages)
                {
                    var told = ContractJson.Deserialize<ToldWork>(message.MessageText);
                    await client.RaiseEventAsync(told.Instance, told.Event, told.Result, cancellationToken);
                    await board.MarkToldAsync(told.Work, cancellationToken);
                    await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellationToken);
                }

                if (messages.Length == 0)
                    await Task.Delay(Look, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is measured.
        }
    }

    private string InFolder(string name) => Path.Combine(folder.FullName, name);

    private ServiceProvider Compose() => new ServiceCollection()
        .AddSingleton<IArtifactStore>(_ => new RecentArtifacts(ArtifactStorage.Open(artifacts)))
        .AddNetworks()
        .AddDatasets(InFolder("cache"))
        .AddSingleton<ITrainingEngine, NoOpEngine>()
        .AddClientActivities()
        .AddFederations()
        .AddSingleton(_ => WorkAccount.Open(artifacts, storage))
        .AddSingleton<IWorkBoard, QueueWorkBoard>()
        .AddOfferedWork()
        .AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = InFolder("state") })
        .BuildServiceProvider();
}
