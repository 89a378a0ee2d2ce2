using System.Runtime.CompilerServices;
using System.Text;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Telemetry;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>
/// Ends, holds and removes federations. The durable engine does not pass these on to children and running activities; a federation's are
/// found by their ids, which begin with its own and a colon.
/// </summary>
public sealed class FederationControl(IArtifactStore store, IOrchestrationClient client, TimeProvider time, FederationTraces? traces = null)
{
    /// <summary>Ends a federation. Trainers stop between two batches; its finished rounds are kept.</summary>
    /// <exception cref="KeyNotFoundException">There is no such federation.</exception>
    public async Task TerminateAsync(string id, string reason, CancellationToken cancellationToken)
    {
        // One that was being terminated when the host died has its stop, and perhaps children yet.
        var retries = await store.CountRetriesAsync(id, cancellationToken);
        if ((await GetAsync(id, cancellationToken)).IsOver && await store.FindAsync(ArtifactNames.Stop(id, retries), cancellationToken) is null)
            return;
        await PutStopAsync(retries);

        // The federation first: nobody then starts another child.
        await client.TerminateInstanceAsync(id, reason, cancellationToken);

        // It may have failed and been retried before that took effect: the trainers of that retry look for another sign.
        if (await store.CountRetriesAsync(id, cancellationToken) is var now && now != retries
            && await GetAsync(id, cancellationToken) is { RuntimeStatus: OrchestrationRuntimeStatus.Terminated })
        {
            await PutStopAsync(now);
        }

        await TerminateChildrenAsync(id, reason, sparesNews: true, cancellationToken);
        await TellAsync(id, cancellationToken);

        Task PutStopAsync(int retry) => store.PutAsync(ArtifactNames.Stop(id, retry), Encoding.UTF8.GetBytes(reason), cancellationToken);
    }

    /// <summary>Holds a federation before its next round; the round that is running is finished.</summary>
    /// <exception cref="KeyNotFoundException">There is no such federation.</exception>
    /// <exception cref="FederationConflictException">It is over.</exception>
    public async Task SuspendAsync(string id, string reason, CancellationToken cancellationToken)
    {
        await RefuseIfOverAsync(id, "suspended", cancellationToken);
        await client.SuspendInstanceAsync(id, reason, cancellationToken);
    }

    /// <summary>Lets a suspended federation go on.</summary>
    /// <exception cref="KeyNotFoundException">There is no such federation.</exception>
    /// <exception cref="FederationConflictException">It is over.</exception>
    public async Task ResumeAsync(string id, string reason, CancellationToken cancellationToken)
    {
        await RefuseIfOverAsync(id, "resumed", cancellationToken);
        await client.ResumeInstanceAsync(id, reason, cancellationToken);
    }

    /// <summary>
    /// Removes everything of a federation that is over: artifacts, updates, children, and last the instance itself, so that a purge that
    /// was interrupted can be repeated. Its id stays taken.
    /// </summary>
    /// <exception cref="KeyNotFoundException">There is no such federation.</exception>
    /// <exception cref="FederationConflictException">It is not over.</exception>
    public async Task PurgeAsync(string id, CancellationToken cancellationToken)
    {
        var instance = await GetAsync(id, cancellationToken);
        if (!instance.IsOver)
            throw new FederationConflictException($"federation '{id}' is {Word(instance)}: only one that is over can be purged; terminate it first");
        await store.PutAsync(ArtifactNames.Purged(id), ReadOnlyMemory<byte>.Empty, cancellationToken);
        await TerminateChildrenAsync(id, "its federation is purged", sparesNews: false, cancellationToken);
        await store.DeleteAsync(ArtifactNames.Updates(id), cancellationToken);
        await store.DeleteAsync(ArtifactNames.Federation(id), cancellationToken);

        // All at once before the first is purged: pages must not move while they are read.
        var children = new List<OrchestrationMetadata>();
        await foreach (var child in ChildrenAsync(id, cancellationToken))
            children.Add(child);
        await Parallel.ForEachAsync(children, AtATime(cancellationToken), async (child, cancel) => await client.PurgeInstanceAsync(child.InstanceId, cancel));

        await client.PurgeInstanceAsync(id, cancellationToken);
    }

    /// <summary>A federation tells of its end itself; one that is ended from outside has nobody else to do it.</summary>
    private async Task TellAsync(string id, CancellationToken cancellationToken)
    {
        if (await GetAsync(id, cancellationToken) is not { RuntimeStatus: OrchestrationRuntimeStatus.Terminated } instance)
            return;
        var retries = await store.CountRetriesAsync(id, cancellationToken);
        if (traces is not null && await store.FindAsync(ArtifactNames.Spec(id), cancellationToken) is { } spec)
            traces.Terminated(id, spec.Sha256, retries, instance.ReadCustomStatusAs<FederationProgress>()?.Round ?? -1, instance.StartedAt(), instance.LastUpdatedAt);
        if (await FindUrlAsync(id, cancellationToken) is not { } url)
            return;
        var notification = new Notification(url, id, Word(instance), time.GetUtcNow(), retries == 0 ? null : retries);
        await client.ScheduleNewOrchestrationInstanceAsync(Orchestrations.Notification, notification, notification.InstanceId, cancellationToken);
    }

    private async Task<string?> FindUrlAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await store.FindJsonAsync<ResolvedSpec>(ArtifactNames.Spec(id), cancellationToken))?.Spec.Notify;
        }
        catch (ArtifactCorruptException)
        {
            return null; // what is damaged can be ended all the same
        }
    }

    /// <summary>Ends all children. One that had its turn meanwhile may have started others, so that they are looked for again.</summary>
    private async Task TerminateChildrenAsync(string id, string reason, bool sparesNews, CancellationToken cancellationToken)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        int before;
        do
        {
            before = told.Count;
            var living = new List<string>();
            await foreach (var child in ChildrenAsync(id, cancellationToken))
            {
                if (!child.IsOver && !(sparesNews && Notification.IsInstanceOf(id, child.InstanceId)) && told.Add(child.InstanceId))
                    living.Add(child.InstanceId);
            }

            await Parallel.ForEachAsync(living, AtATime(cancellationToken), async (child, cancel) => await client.TerminateInstanceAsync(child, reason, cancel));
        }
        while (told.Count > before);
    }

    // On a hub each is several requests: a thousand rounds one after another take longer than a caller waits.
    private static ParallelOptions AtATime(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken };

    private async Task RefuseIfOverAsync(string id, string asked, CancellationToken cancellationToken)
    {
        var instance = await GetAsync(id, cancellationToken);
        if (instance.IsOver)
            throw new FederationConflictException($"federation '{id}' is {Word(instance)}: it can't be {asked}");
    }

    private async Task<OrchestrationMetadata> GetAsync(string id, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(id, cancellationToken) ?? throw new KeyNotFoundException($"there is no federation '{id}'");

    private async IAsyncEnumerable<OrchestrationMetadata> ChildrenAsync(
        string id, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new OrchestrationQuery(InstanceIdPrefix: $"{id}:", PageSize: 1000);
        do
        {
            var page = await client.GetInstancesAsync(query, cancellationToken);
            foreach (var child in page.Instances)
                yield return child;
            query = query with { ContinuationToken = page.ContinuationToken };
        }
        while (query.ContinuationToken is not null);
    }

    private static string Word(OrchestrationMetadata instance) => instance.RuntimeStatus.ToString().ToLowerInvariant();
}
