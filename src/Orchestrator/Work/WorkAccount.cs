using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Azure;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Queues;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Work;

/// <summary>The blobs, beside the artifacts, and the queues of a <see cref="QueueWorkBoard"/>. They are made when they are first needed.</summary>
public sealed partial class WorkAccount
{
    /// <summary>The queue in which work of the pool is offered, where none is named; that of results has its name with <c>-results</c>.</summary>
    public const string UsualQueue = "training";

    /// <summary>How long a message is kept: their seven days otherwise are less than a federation may take.</summary>
    internal static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    /// <summary>No federation's: an id has no underscore. What is left there is swept with the leftovers of updates.</summary>
    private const string Folder = "updates/_work/";
    private const string Expected = "expected UseDevelopmentStorage=true, a storage account's connection string, or https://ACCOUNT.queue.core.windows.net";

    private readonly QueueServiceClient queues;
    private readonly string name;
    private readonly ConcurrentDictionary<string, QueueClient> made = new(StringComparer.Ordinal);
    private volatile bool isMade;

    private WorkAccount(BlobContainerClient offers, QueueServiceClient queues, string name)
    {
        Offers = offers;
        this.queues = queues;
        this.name = name;
    }

    private BlobContainerClient Offers { get; }

    /// <summary>Opens it. Nothing is sent before it is used.</summary>
    /// <param name="storage">The account whose blobs keep offers, with the container of the artifacts, as <see cref="ArtifactStorage.Open"/> takes it.</param>
    /// <param name="queues">The account whose queues tell of them: a connection string, or the https URL of its queue service, where <see cref="DefaultAzureCredential"/> signs in.</param>
    /// <param name="name">The queue's name.</param>
    /// <exception cref="ArtifactStoreException">A connection isn't understood, or the name is no queue's.</exception>
    public static WorkAccount Open(string storage, string queues, string name = UsualQueue)
    {
        if (!QueueName().IsMatch(name))
            throw new ArtifactStoreException($"'{name}' is no queue's name: expected 3 to 40 of a-z, 0-9 and single inner dashes");
        var options = new QueueClientOptions(QueueClientOptions.ServiceVersion.V2025_05_05) { MessageEncoding = QueueMessageEncoding.None };
        return new WorkAccount(ArtifactStorage.OpenContainer(storage), OpenQueues(queues, options), name);
    }

    internal async Task MakeAsync(CancellationToken cancellationToken)
    {
        if (isMade)
            return;
        await Offers.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        isMade = true;
    }

    /// <summary>The queue of what is offered to somebody.</summary>
    internal Task<QueueClient> OffersToAsync(string site, CancellationToken cancellationToken) => QueueAsync(
        site == WorkOffer.Pool ? name : $"{name}-{OfferBlobs.KeyOf(site)}", cancellationToken);

    internal BlobClient Blob(string blob) => Offers.GetBlobClient($"{Folder}{blob}");

    /// <summary>The names of blobs that begin so.</summary>
    internal async IAsyncEnumerable<string> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var blob in Offers.GetBlobsAsync(BlobTraits.None, BlobStates.None, $"{Folder}{prefix}", cancellationToken))
            yield return blob.Name[Folder.Length..];
    }

    /// <summary>Tells what came of work. A worker may have no more right on that queue than to send into it.</summary>
    internal async Task SendResultAsync(string message, CancellationToken cancellationToken)
    {
        var results = queues.GetQueueClient($"{name}-results");
        try
        {
            await results.SendMessageAsync(message, timeToLive: Forever, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            await results.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await results.SendMessageAsync(message, timeToLive: Forever, cancellationToken: cancellationToken);
        }
    }

    private async Task<QueueClient> QueueAsync(string queue, CancellationToken cancellationToken)
    {
        if (made.TryGetValue(queue, out var known))
            return known;
        var client = queues.GetQueueClient(queue);
        await client.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        return made.GetOrAdd(queue, client);
    }

    // What is put after it makes at most 63, as many as a queue's name may have.
    [GeneratedRegex(@"^(?=.{3,40}\z)[a-z0-9]+(-[a-z0-9]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex QueueName();

    private static QueueServiceClient OpenQueues(string connection, QueueClientOptions options)
    {
        try
        {
            if (!connection.Contains("://", StringComparison.Ordinal) || connection.Contains(';', StringComparison.Ordinal))
                return new QueueServiceClient(connection, options);
            return Uri.TryCreate(connection, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0
                ? new QueueServiceClient(uri, new DefaultAzureCredential(), options)
                : throw new ArtifactStoreException($"the queues' URL isn't understood: {Expected}");
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            // Without the cause, whose message may repeat a part of the connection.
            throw new ArtifactStoreException($"the queues' connection isn't understood: {Expected}");
        }
    }
}
