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
internal sealed class AzureStoragePlace(StorageAccountClientProvider accounts, IOrchestrationService service, string hub, int partitions) : ITaskHubPlace
{
    private const string Nodes = "nodes";

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DrainLook = TimeSpan.FromMilliseconds(200);

    private readonly QueueServiceClient queues = accounts.Queue.CreateClient(new QueueClientOptions());
    private readonly TableClient nodes = Table(accounts, $"{hub}Nodes");
    private readonly TableClient leases = Table(accounts, $"{hub}Partitions");

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        // Durable Task would divide the instances of a hub anew, and lose those that wait in the queues of before.
        if (await CountPartitionsAsync(accounts, hub, cancellationToken) is var existing and > 0 && existing != partitions)
        {
            throw new TaskHubException(
                $"task hub '{hub}' was made with {existing} partitions, which can't be changed to {partitions}: use {existing}, or another hub");
        }

        // Leases in blobs know nothing of leases in tables, so that each partition would have two owners.
        var blobs = accounts.Blob.CreateClient(new()).GetBlobContainerClient($"{Lower}-leases").GetBlobClient("taskhub.json");
        if (await blobs.ExistsAsync(cancellationToken))
        {
            throw new TaskHubException(
                $"task hub '{hub}' was made by another application, which keeps its leases in blobs ('{blobs.BlobContainerName}/taskhub.json'): use another name");
        }

        await service.CreateIfNotExistsAsync();
        await nodes.CreateIfNotExistsAsync(cancellationToken);
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

    /// <summary>How many partitions there are: Durable Task has a row for each in its table <c>HUBPartitions</c>. 0 if the hub isn't there.</summary>
    public static async Task<int> CountPartitionsAsync(StorageAccountClientProvider accounts, string hub, CancellationToken cancellationToken)
    {
        try
        {
            return await Table(accounts, $"{hub}Partitions")
                .QueryAsync<TableEntity>(select: [nameof(TableEntity.RowKey)], cancellationToken: cancellationToken).CountAsync(cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            return 0;
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

    private static TableClient Table(StorageAccountClientProvider accounts, string name) =>
        accounts.Table.CreateClient(new TableClientOptions()).GetTableClient(name);

    private static DateTimeOffset Now(Response response) => response.Headers.Date ?? DateTimeOffset.UtcNow;
}
