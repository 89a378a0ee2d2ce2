using Azure;
using Azure.Data.Tables;
using Azure.Identity;
using DurableTask.AzureStorage;
using DurableTask.Core;

namespace FlDurable.DurableTask.Hubs;

/// <summary>A task hub's queues and tables in a storage account.</summary>
internal sealed class AzureStoragePlace(StorageAccountClientProvider accounts, IOrchestrationService service, string hub, int partitions) : ITaskHubPlace
{
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        // Durable Task would divide the instances of a hub anew, and lose those that wait in the queues of before.
        if (await CountPartitionsAsync(accounts, hub, cancellationToken) is var existing and > 0 && existing != partitions)
        {
            throw new TaskHubException(
                $"task hub '{hub}' was made with {existing} partitions, which can't be changed to {partitions}: use {existing}, or another hub");
        }

        await service.CreateIfNotExistsAsync();
    }

    /// <summary>How many partitions there are: Durable Task has a row for each in its table <c>HUBPartitions</c>. 0 if the hub isn't there.</summary>
    /// <exception cref="TaskHubException">The account can't be reached.</exception>
    public static async Task<int> CountPartitionsAsync(StorageAccountClientProvider accounts, string hub, CancellationToken cancellationToken)
    {
        var table = accounts.Table.CreateClient(new TableClientOptions()).GetTableClient($"{hub}Partitions");
        try
        {
            return await table.QueryAsync<TableEntity>(select: [nameof(TableEntity.RowKey)], cancellationToken: cancellationToken)
                .CountAsync(cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            return 0;
        }
        catch (Exception exception) when (exception is RequestFailedException or AggregateException or AuthenticationFailedException)
        {
            throw Unreachable(hub, exception);
        }
    }

    private static TaskHubException Unreachable(string hub, Exception exception)
    {
        var reason = exception.GetBaseException().Message.Split('\n')[0].TrimEnd();
        return new TaskHubException($"task hub '{hub}' can't be reached: {reason}", exception);
    }
}
