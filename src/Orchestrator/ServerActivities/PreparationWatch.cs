using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>
/// What goes on beside the preparation of a federation's data. Every second the federation is told how far it is, if that is new, and it is
/// looked whether the federation is to stop; then <see cref="Token"/> is cancelled.
/// </summary>
internal sealed class PreparationWatch : IProgress<DatasetProgress>, IAsyncDisposable
{
    /// <summary>What is told first, before anything is known.</summary>
    public const string Reading = "reading";

    /// <summary>What is told first where the data is at sites.</summary>
    public const string AskingSites = "looking what its sites have";

    /// <summary>What is told while the images are divided among the clients.</summary>
    public const string Partitioning = "partitioning";

    /// <summary>What is told once the data is there.</summary>
    public const string Initializing = "initializing";

    /// <summary>The event by which a federation is told.</summary>
    public const string News = "preparation";

    private const int PercentStep = 5;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly IArtifactStore store;
    private readonly IOrchestrationClient? client;
    private readonly string id;
    private readonly CancellationTokenSource cancellation;
    private readonly PeriodicTimer lookTimer;
    private readonly Task watching;
    private volatile string doing = Reading;

    private PreparationWatch(IArtifactStore store, IOrchestrationClient? client, TimeProvider time, string id, CancellationToken cancellationToken)
    {
        this.store = store;
        this.client = client;
        this.id = id;
        cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        lookTimer = new PeriodicTimer(LookEvery, time);
        watching = KeepLookingAsync();
    }

    /// <summary>Cancelled when nobody waits any more, or the host stops.</summary>
    public CancellationToken Token => cancellation.Token;

    /// <summary>Whether it was found that nobody waits any more.</summary>
    public bool IsCalledOff { get; private set; }

    /// <summary>Begins to watch.</summary>
    /// <param name="store">Where the sign to stop is.</param>
    /// <param name="client">How the federation is told; null where a host can't.</param>
    /// <param name="time">What seconds are measured by.</param>
    /// <param name="id">The federation.</param>
    /// <param name="cancellationToken">Cancels <see cref="Token"/> too.</param>
    /// <exception cref="WorkNotNeededException">Nobody waits already.</exception>
    public static async Task<PreparationWatch> BeginAsync(
        IArtifactStore store, IOrchestrationClient? client, TimeProvider time, string id, CancellationToken cancellationToken) =>
        await FindSignAsync(store, id, cancellationToken) is { } sign
            ? throw new WorkNotNeededException($"nobody waits for it any more: artifact '{sign.Name}' is written")
            : new PreparationWatch(store, client, time, id, cancellationToken);

    /// <inheritdoc/>
    public void Report(DatasetProgress value)
    {
        var word = value.Stage switch
        {
            DatasetStage.Downloading => "downloading",
            DatasetStage.Generating => "generating",
            DatasetStage.Caching => "caching",
            _ => Reading,
        };
        doing = value.Total > 0
            ? FormattableString.Invariant($"{word} {Math.Clamp(value.Done * 100 / value.Total, 0, 100) / PercentStep * PercentStep} %")
            : word;
    }

    /// <summary>Takes what is being done in a word.</summary>
    public void Report(string value) => doing = value;

    public async ValueTask DisposeAsync()
    {
        lookTimer.Dispose(); // first: the loop then ends as loops do
        await cancellation.CancelAsync();
        await watching;
        cancellation.Dispose();
    }

    private static async Task<ArtifactReference?> FindSignAsync(IArtifactStore store, string id, CancellationToken cancellationToken) =>
        await store.FindAsync(ArtifactNames.Stop(id, await store.CountRetriesAsync(id, cancellationToken)), cancellationToken)
        ?? await store.FindAsync(ArtifactNames.Purged(id), cancellationToken);

    private async Task KeepLookingAsync()
    {
        var told = Reading;
        while (await lookTimer.WaitForNextTickAsync(CancellationToken.None))
        {
            // Each for itself: a federation that is gone can't be told anything, and its sign is there all the same.
            await TryAsync(async () =>
            {
                if (!IsCalledOff && await FindSignAsync(store, id, cancellation.Token) is not null)
                {
                    IsCalledOff = true;
                    await cancellation.CancelAsync();
                }
            });
            await TryAsync(async () =>
            {
                if (doing is var now && now != told && client is not null)
                {
                    await client.RaiseEventAsync(id, News, now, cancellation.Token);
                    told = now;
                }
            });
        }
    }

    private static async Task TryAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception)
        {
            // News that can't be told is no reason to fail, and neither is a sign that can't be looked for: the work itself will say what is wrong.
        }
    }
}
