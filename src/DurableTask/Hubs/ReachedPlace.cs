using Azure;
using Microsoft.Data.SqlClient;

namespace FlDurable.DurableTask.Hubs;

/// <summary>A place whose own exceptions are a <see cref="TaskHubException"/> here, which says what to do.</summary>
/// <param name="place">The place.</param>
/// <param name="hub">The hub's name.</param>
internal sealed class ReachedPlace(ITaskHubPlace place, string hub) : ITaskHubPlace
{
    private const int NoSuchObject = 208;
    private const int PermissionDenied = 229;

    public Task PrepareAsync(CancellationToken cancellationToken) => DoAsync(() => place.PrepareAsync(cancellationToken));

    public Task AnnounceAsync(HubNode node, CancellationToken cancellationToken) => DoAsync(() => place.AnnounceAsync(node, cancellationToken));

    public Task WithdrawAsync(string node, CancellationToken cancellationToken) => DoAsync(() => place.WithdrawAsync(node, cancellationToken));

    public Task ForgetAsync(TimeSpan silence, CancellationToken cancellationToken) => DoAsync(() => place.ForgetAsync(silence, cancellationToken));

    public Task<IReadOnlyList<HubNode>> ReadNodesAsync(CancellationToken cancellationToken) => ReachAsync(hub, () => place.ReadNodesAsync(cancellationToken));

    public Task<IReadOnlyList<HubQueue>> ReadQueuesAsync(CancellationToken cancellationToken) => ReachAsync(hub, () => place.ReadQueuesAsync(cancellationToken));

    // The port's client, which alone asks for it, tells of what can't be reached in its own way.
    public Task DrainAsync(string instanceId, CancellationToken cancellationToken) => place.DrainAsync(instanceId, cancellationToken);

    /// <summary>Asks for something of a hub's place.</summary>
    /// <param name="hub">The hub's name; null where it is of all hubs of a database.</param>
    /// <param name="ask">Asks.</param>
    /// <exception cref="TaskHubException">It can't be reached, or doesn't allow it.</exception>
    public static async Task<T> ReachAsync<T>(string? hub, Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (HubClient.IsUnavailable(exception))
        {
            throw new TaskHubException($"{(hub is null ? "the database of task hubs" : $"task hub '{hub}'")} can't be {Reason(HubClient.CauseOf(exception))}", exception);
        }
    }

    private Task<bool> DoAsync(Func<Task> ask) => ReachAsync(hub, async () =>
    {
        await ask();
        return true;
    });

    private static string Reason(Exception exception) => exception switch
    {
        RequestFailedException { Status: 403 } => "used: the storage account refuses it; whoever connects needs its blobs, queues and tables: an identity by the roles "
            + $"Storage Blob, Storage Queue and Storage Table Data Contributor ({FirstLine(exception)})",
        SqlException { Number: NoSuchObject } => "used: the schema of task hubs is missing in its database or older than this build; whoever may change the database makes it: "
            + $"fldurable schema ({FirstLine(exception)})",
        SqlException { Number: PermissionDenied } => $"used: its database's user needs the role dt_runtime ({FirstLine(exception)})",
        _ => $"reached: {FirstLine(exception)}",
    };

    private static string FirstLine(Exception exception) => exception.Message.Split('\n')[0].TrimEnd();
}
