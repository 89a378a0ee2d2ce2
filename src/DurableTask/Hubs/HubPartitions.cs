using Azure;
using Azure.Data.Tables;
using DurableTask.AzureStorage;

namespace FlDurable.DurableTask.Hubs;

/// <summary>The partitions of a hub in Azure Storage, as Durable Task notes them in its table <c>HUBPartitions</c>: a row for each.</summary>
internal static class HubPartitions
{
    /// <summary>How many there are; 0 if the hub isn't there yet.</summary>
    public static async Task<int> CountAsync(StorageAccountClientProvider accounts, string hub, CancellationToken cancellationToken)
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
    }
}
