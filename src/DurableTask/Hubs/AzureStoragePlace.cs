using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using DurableTask.AzureStorage;
using DurableTask.AzureStorage.Partitioning;
using DurableTask.Core;

namespace FlDurable.DurableTask.Hubs;

/// <summary>
/// A task hub's queues and tables in a storage account: Durable Task's own, and one of the nodes. How long ago something was is told by the
/// account's clock, since those of machines differ.
/// </summary>
internal sealed class AzureStoragePlace(
    StorageAccountClientProvider accounts, IOrchestrationService service, string hub, int partitions, bool isDivided) : ITaskHubPlace
{
    // The parts of the table of nodes.
    private const string Nodes = "nodes";
    private const string Hub = "hub";

    private const string PartitionCount = "partitions";

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DrainLook = TimeSpan.FromMilliseconds(200);

    private readonly QueueServiceClient queues = accounts.Queue.CreateClient(new QueueClientOptions());
    private readonly TableClient nodes = Table(accounts, $"{hub}Nodes");
    private readonly TableClient leases = Table(accounts, $"{hub}Partitions");

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        // Durable Task would divide the instances of a hub anew, and lose those that wait in the queues of before.
        if (!isDivided && await DecidePartitionsAsync(accounts, hub, partitions, cancellationToken) is var existing && existing != partitions)
        {
            throw new TaskHubException(
                $"task hub '{hub}' was made with {existing} partitions, which can't be changed to {partitions}: use {existing}, or another hub");
        }

        await service.CreateIfNotExistsAsync();
    }

    public Task AnnounceAsync(HubNode node, CancellationToken cancellationToken) => nodes.UpsertEntityAsync(
        new TableEntity(Nodes, node.Name) { [nameof(HubNode.Version)] = node.Version, [nameof(HubNode.Abilities)] = string.Join('\n', node.Abilities) },
        TableUpdateMode.Replace, cancellationToken);

    public Task WithdrawAsync(string node, CancellationToken cancellationToken) => nodes.DeleteEntityAsync(Nodes, node, ETag.All, cancellationToken);

    public async Task ForgetAsync(TimeSpan silence, CancellationToken cancellationToken)
    {
        await foreach (var page in nodes.QueryAsync<TableEntity>(node => node.PartitionKey == Nodes, cancellationToken: cancellationToken).AsPages())
        {
            foreach (var node in page.Values.Where(node => node.Timestamp < Now(page.GetRawResponse()) - silence))
                await WithdrawAsync(node.RowKey, cancellationToken);
        }
    }

    public async Task<IReadOnlyList<HubNode>> ReadNodesAsync(CancellationToken cancellationToken)
    {
        var living = new List<HubNode>();
        try
        {
            await foreach (var page in nodes.QueryAsync<TableEntity>(node => node.PartitionKey == Nodes, cancellationToken: cancellationToken).AsPages())
            {
                var now = Now(page.GetRawResponse());
                living.AddRange(page.Values.Where(node => node.Timestamp > now - NodeWatch.Silence).Select(node => new HubNode(
                    node.RowKey, node.GetString(nameof(HubNode.Version)), node.GetString(nameof(HubNode.Abilities)).Split('\n'))));
            }
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            return [];
        }

        return living;
    }

    public async Task<IReadOnlyList<HubQueue>> ReadQueuesAsync(CancellationToken cancellationToken)
    {
        var found = new List<HubQueue>();
        await foreach (var page in leases.QueryAsync<TablePartitionLease>(cancellationToken: cancellationToken).AsPages())
        {
            foreach (var lease in page.Values)
            {
                // A lease is a time by its owner's clock: only there does it end.
                var endsIn = lease.CurrentOwner is null ? (TimeSpan?)null : lease.ExpiresAt - DateTime.UtcNow;
                found.Add(await LookAsync(lease.RowKey!, lease.CurrentOwner, endsIn, isShared: false, cancellationToken));
            }
        }

        found.Add(await LookAsync($"{Lower}-workitems", owner: null, leaseEndsIn: null, isShared: true, cancellationToken));
        return found;
    }

    public async Task DrainAsync(string instanceId, CancellationToken cancellationToken)
    {
        var queue = queues.GetQueueClient($"{Lower}-control-{Partition(instanceId):00}");
        DateTimeOffset? asked = null;
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); ; await Task.Delay(DrainLook, cancellationToken))
        {
            var head = await queue.PeekMessagesAsync(maxMessages: 1, cancellationToken);
            asked ??= Now(head.GetRawResponse());
            if (head.Value is not [var first] || first.InsertedOn > asked || first.DequeueCount > 0)
                return;
            if (waited.Elapsed > DrainTimeout)
                throw new TimeoutException($"instance '{instanceId}' may have messages in queue '{queue.Name}', which nobody reads");
        }
    }

    /// <summary>
    /// Decides once into how many partitions a hub is divided: of several nodes that make it at the same time one does. It is said in a row of its own,
    /// before Durable Task begins: that has a row for each partition, and one that is killed in between leaves too few.
    /// </summary>
    /// <returns>How many there are, whoever has decided.</returns>
    /// <exception cref="TaskHubException">The hub is another application's.</exception>
    public static async Task<int> DecidePartitionsAsync(StorageAccountClientProvider accounts, string hub, int partitions, CancellationToken cancellationToken)
    {
        if (await CountPartitionsAsync(accounts, hub, cancellationToken) is var existing and > 0)
            return existing;

        // Leases in blobs know nothing of leases in tables, so that each partition would have two owners.
        var blobs = accounts.Blob.CreateClient(new()).GetBlobContainerClient($"{hub.ToLowerInvariant()}-leases").GetBlobClient("taskhub.json");
        if (await blobs.ExistsAsync(cancellationToken))
            throw AnotherS(hub, $"keeps its leases in blobs ('{blobs.BlobContainerName}/taskhub.json')");
        var nodes = Table(accounts, $"{hub}Nodes");
        await nodes.CreateIfNotExistsAsync(cancellationToken);
        try
        {
            await nodes.AddEntityAsync(new TableEntity(Hub, PartitionCount) { [PartitionCount] = partitions }, cancellationToken);
            return partitions;
        }
        catch (RequestFailedException exception) when (exception.Status == 409)
        {
            return await CountPartitionsAsync(accounts, hub, cancellationToken);
        }
    }

    /// <summary>How many partitions there are; 0 if the hub isn't there.</summary>
    /// <exception cref="TaskHubException">The hub is another application's.</exception>
    public static async Task<int> CountPartitionsAsync(StorageAccountClientProvider accounts, string hub, CancellationToken cancellationToken)
    {
        var decided = await ReadAsync($"{hub}Nodes", $"PartitionKey eq '{Hub}' and RowKey eq '{PartitionCount}'");
        if (decided is [var row])
            return row.GetInt32(PartitionCount)!.Value;
        var leases = await ReadAsync($"{hub}Partitions", filter: null);
        return leases is null or []
            ? 0
            : decided is null ? throw AnotherS(hub, $"has no nodes (there is a table '{hub}Partitions', and none '{hub}Nodes')") : leases.Count;

        async Task<List<TableEntity>?> ReadAsync(string table, string? filter)
        {
            try
            {
                return await Table(accounts, table).QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken).ToListAsync(cancellationToken);
            }
            catch (RequestFailedException exception) when (exception.Status == 404)
            {
                return null;
            }
        }
    }

    private string Lower => hub.ToLowerInvariant();

    private async Task<HubQueue> LookAsync(string name, string? owner, TimeSpan? leaseEndsIn, bool isShared, CancellationToken cancellationToken)
    {
        var queue = queues.GetQueueClient(name);
        var properties = await queue.GetPropertiesAsync(cancellationToken);
        var head = await queue.PeekMessagesAsync(maxMessages: 1, cancellationToken);
        var first = head.Value is [var message] ? message : null;
        return new HubQueue(
            name, owner, leaseEndsIn, isShared, properties.Value.ApproximateMessagesCount, first is null ? null : Now(head.GetRawResponse()) - first.InsertedOn)
        {
            NeverRead = first is { DequeueCount: 0 } ? first.MessageId : null,
        };
    }

    /// <summary>Which partition an instance is in: Durable Task's hash, FNV-1a of its id's UTF-8.</summary>
    private uint Partition(string instanceId)
    {
        var hash = 2166136261;
        foreach (var one in System.Text.Encoding.UTF8.GetBytes(instanceId))
            hash = unchecked((hash ^ one) * 16777619);
        return hash % (uint)partitions;
    }

    private static TaskHubException AnotherS(string hub, string how) => new($"task hub '{hub}' was made by another application, which {how}: use another name");

    private static TableClient Table(StorageAccountClientProvider accounts, string name) =>
        accounts.Table.CreateClient(new TableClientOptions()).GetTableClient(name);

    private static DateTimeOffset Now(Response response) => response.Headers.Date ?? DateTimeOffset.UtcNow;
}
