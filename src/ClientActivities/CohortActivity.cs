using System.Diagnostics;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>
/// What training and evaluating have in common: a cohort's clients are worked through, each is a result or a named failure, and one manifest
/// says which, after all of them. Those that train do so one after another. While one client's result is brought to the store the next works: a
/// disk, too, brings many files there in little more time than one.
/// </summary>
internal sealed class CohortActivity(IArtifactStore store, NetworkRegistry networks, TrainingEngines engines, SpecPackages packages, TimeProvider time)
{
    // A whole leaf, as the file system brings to the disk together what waits for it. Of each there is a copy as numbers and one as bytes.
    private const int MostStoredAtOnce = 64;
    private const int MostBytesStoredAtOnce = 16 << 20;

    /// <summary>Runs a cohort, unless its manifest is there already.</summary>
    /// <param name="input">The cohort.</param>
    /// <param name="phase">Train or evaluate.</param>
    /// <param name="work">
    /// What to do for one client: it is awaited until the client's work is done, and what it returns until the result is stored. A
    /// <see cref="ClientFailedException"/> of either is the client's failure, any other the cohort's.
    /// </param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    public Task<PartResult> RunAsync(CohortInput input, RoundPhase phase, ClientTask work, CancellationToken cancellationToken) =>
        RunAsync(input, phase, (clients, cancel) => RunAllAsync(clients, (client, stop) => RunClientAsync(client, phase, work, stop), cancel), cancellationToken);

    /// <inheritdoc cref="RunAsync(CohortInput, RoundPhase, ClientTask, CancellationToken)"/>
    /// <param name="input">The cohort.</param>
    /// <param name="phase">Train or evaluate.</param>
    /// <param name="work">What to do for those of its clients that are there.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    public async Task<PartResult> RunAsync(CohortInput input, RoundPhase phase, CohortTask work, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(input.Spec, packages, cancellationToken);
        var name = ArtifactNames.Cohort(spec.Id, input.Round, input.Attempt, phase, input.First, input.IsAlone);
        if (await store.FindAsync(name, cancellationToken) is not { } written)
        {
            await using var need = await CohortNeed.WatchAsync(store, time, spec.Id, input, phase, cancellationToken);
            try
            {
                written = await WriteAsync(name, spec, input, phase, work, need.Token);
            }
            catch (OperationCanceledException) when (need.Token.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new WorkNotNeededException("nobody waits for it any more: its round has ended, or its federation");
            }
        }

        return Summarize(written, await store.ReadJsonAsync<PartOutcomes>(written, cancellationToken));
    }

    private async Task<ArtifactReference> WriteAsync(
        string name, ResolvedSpec spec, CohortInput input, RoundPhase phase, CohortTask work,
        CancellationToken cancellationToken)
    {
        var clients = await store.ReadSelectedAsync(
            input.Selection, phase, new SelectionRange(input.First, input.Count), cancellationToken);
        var plan = phase.HasUpdates ? (await store.ReadJsonAsync<Selection>(input.Selection, cancellationToken)).Plan : null;
        var network = networks.Get(spec);
        var global = await store.ReadParametersAsync(input.Global, network, cancellationToken);
        var engine = engines.Get(spec.Engine);
        var presence = ClientPresence.Of(spec.Spec);
        var there = clients.Where(client => presence.IsThere(client.Client, input.Round)).ToList();
        var outcomes = new Queue<ClientOutcome>(await work(
            [.. there.Select(client => new ClientWork(spec, input.Round, input.Attempt, network, engine, global, client, plan))], cancellationToken));
        var all = clients.Select(client => presence.IsThere(client.Client, input.Round) ? outcomes.Dequeue() : Absent(client)).ToList();
        return await store.PutJsonAsync(name, new PartOutcomes(all), cancellationToken);

        ClientOutcome Absent(ClientPartition client) => Failed(client.Client, phase, ClientPresence.Absence) with { StartedAt = time.GetUtcNow() };
    }

    /// <summary>Runs one client after another, while results of some before are being stored. When it ends, however it does, none is any more.</summary>
    private static async Task<IReadOnlyList<ClientOutcome>> RunAllAsync(IReadOnlyList<ClientWork> clients, ClientTask run, CancellationToken cancellationToken)
    {
        var outcomes = new List<ClientOutcome>();
        var stored = new Queue<Task<ClientOutcome>>();
        using var needed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            foreach (var client in clients)
            {
                if (stored.Count >= Math.Clamp(MostBytesStoredAtOnce / sizeof(float) / client.Network.Layout.Length, 1, MostStoredAtOnce))
                    outcomes.Add(await stored.Dequeue());
                stored.Enqueue(await run(client, needed.Token));
            }

            // Not of a large network: until all is stored this cohort has as much memory as the next one needs.
            if (clients is [{ Network.Layout.Length: <= MostBytesStoredAtOnce / sizeof(float) }, ..])
                ActivitySlot.GiveBack();

            while (stored.TryDequeue(out var next))
                outcomes.Add(await next);

            return outcomes;
        }
        finally
        {
            await needed.CancelAsync();
            Task rest = Task.WhenAll(stored);
            await rest.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Task<ClientOutcome>> RunClientAsync(ClientWork client, RoundPhase phase, ClientTask work, CancellationToken cancellationToken)
    {
        var (startedAt, started) = (time.GetUtcNow(), Stopwatch.GetTimestamp());
        try
        {
            var storing = await work(client, cancellationToken);
            return OrFailedAsync(storing, Stopwatch.GetElapsedTime(started));
        }
        catch (ClientFailedException exception)
        {
            return Task.FromResult(FailedBecause(exception, Stopwatch.GetElapsedTime(started)));
        }

        async Task<ClientOutcome> OrFailedAsync(Task<ClientOutcome> storing, TimeSpan worked)
        {
            try
            {
                return await storing with { Seconds = worked.TotalSeconds, StartedAt = startedAt };
            }
            catch (ClientFailedException exception)
            {
                return FailedBecause(exception, worked);
            }
        }

        ClientOutcome FailedBecause(ClientFailedException exception, TimeSpan worked) =>
            Failed(client.Client.Client, phase, exception.Message) with { Seconds = worked.TotalSeconds, StartedAt = startedAt };
    }

    /// <summary>The outcome of a client that can't do its work.</summary>
    public static ClientOutcome Failed(string client, RoundPhase phase, string reason) =>
        new(client, 0, 0, Failure: new ClientFailure(client, phase.Activity, Reasons.Shorten(reason, ClientFailure.MaxReasonBytes)));

    private static PartResult Summarize(ArtifactReference manifest, PartOutcomes content)
    {
        var succeeded = content.Clients.Where(client => client.Failure is null).ToList();
        var metrics = Metrics.WeightedMean(succeeded.Where(client => client.Metrics is not null).Select(client => (client.Metrics!, client.Examples)));
        var failures = content.Clients.Select(client => client.Failure).OfType<ClientFailure>().ToList();
        return new PartResult(manifest, succeeded.Count, failures.Count, failures.FirstOrDefault(), metrics);
    }
}

/// <summary>What one client's work is about.</summary>
internal sealed record ClientWork(
    ResolvedSpec Spec, int Round, int Attempt, Network Network, ITrainingEngine Engine, ModelParameters Global, ClientPartition Client,
    ClientPlan? Plan = null);

/// <summary>Does one client's work.</summary>
/// <returns>Completes when the work is done, with what completes when its result is stored.</returns>
internal delegate Task<Task<ClientOutcome>> ClientTask(ClientWork work, CancellationToken cancellationToken);

/// <summary>Does the work of a cohort's clients.</summary>
/// <returns>An outcome each, in order.</returns>
internal delegate Task<IReadOnlyList<ClientOutcome>> CohortTask(IReadOnlyList<ClientWork> clients, CancellationToken cancellationToken);

/// <summary>One client can't do its work, however often it is tried: its failure, not its cohort's.</summary>
internal sealed class ClientFailedException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Clients' examples as artifacts.</summary>
internal static class ClientData
{
    /// <summary>Reads a client's examples: those to train on, then those to validate on.</summary>
    /// <exception cref="ClientFailedException">They are in another's storage, which doesn't give them, or gives others than it should.</exception>
    /// <exception cref="ArtifactStoreException">The host keeps them itself, and they are gone or damaged.</exception>
    public static async Task<(ImageExamples Train, ImageExamples Validation)> ReadAsync(
        RecentData data, ClientWork work, CancellationToken cancellationToken)
    {
        var client = work.Client;
        try
        {
            var examples = await data.ReadAsync(client.Data, work.Network.Input, work.Network.Classes, cancellationToken);
            if (examples.Count != client.TrainExamples + client.ValidationExamples)
                throw new InvalidDataException($"{examples.Count} examples, expected {client.TrainExamples} + {client.ValidationExamples}");
            return (examples.Slice(0, client.TrainExamples), examples.Slice(client.TrainExamples, client.ValidationExamples));
        }
        catch (Exception exception) when (client.Data.Account is not null && (exception is ArtifactStoreException or InvalidDataException))
        {
            // Whoever keeps its data itself is absent while its storage is; the others of its cohort are not.
            throw new ClientFailedException($"its data can't be used: {exception.Message}", exception);
        }
        catch (InvalidDataException exception)
        {
            // What the host keeps for its clients is the host's to mend: a federation that went on without them would be another.
            throw new ArtifactCorruptException($"artifact '{client.Data.Name}' can't be used as the data of {client.Client}: {exception.Message}", client.Data.Name);
        }
    }
}
