using System.Globalization;
using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine.Storage;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.State;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Doctor;

/// <summary>Looks at blob storage, and at a task hub.</summary>
internal static class StorageCheckup
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5); // of 15, after which storage takes no signature
    private static readonly TimeSpan LongWait = TimeSpan.FromMinutes(1);

    /// <summary>Whether the artifacts' storage answers, and what its clock says.</summary>
    public static async Task<IReadOnlyList<Finding>> StorageAsync(StateFolder state, MachineFacts machine, CancellationToken cancellationToken)
    {
        const string subject = "storage";
        try
        {
            await StateArtifacts.ReachAsync(state, cancellationToken);
            return state.Storage is null
                ? [new Finding(subject, Condition.Well, "artifacts are in the state folder")]
                : [new Finding(subject, Condition.Well, $"{state.Storage.Open().Address} answers"), .. await ClockAsync(state.Storage, machine, cancellationToken)];
        }
        catch (ArtifactStoreException exception)
        {
            return
            [
                new Finding(
                    subject, Condition.Broken, exception.Message,
                    "where it is Azurite, start it: azurite --silent --skipApiVersionCheck --location DIR; else look at the address, the network and this identity's role, Storage Blob Data Contributor"),
            ];
        }
        catch (UsageException exception)
        {
            return [new Finding(subject, Condition.Broken, exception.Message)];
        }
        catch (StateFolderException)
        {
            return []; // which is told of the federations
        }
    }

    /// <summary>The hub's nodes and queues.</summary>
    public static async Task<IReadOnlyList<Finding>> HubAsync(NamedHub hub, CancellationToken cancellationToken)
    {
        const string subject = "hub";
        try
        {
            var status = await HubStatus.ReadAsync(hub, cancellationToken);
            var nodes = status.Nodes.Count > 0
                ? new Finding(subject, Condition.Well, $"task hub {status.Hub}: {Figures.Count(status.Nodes.Count, "node")} at work")
                : new Finding(subject, Condition.Broken, $"task hub {status.Hub}: no node is at work", $"start one: fldurable node{hub.AsOptions}");
            return [nodes, .. status.Queues.Select(queue => Of(queue, status.Nodes.Count > 0))];
        }
        catch (Exception exception) when (exception is UsageException or TaskHubException)
        {
            return [new Finding(subject, Condition.Broken, exception.Message)];
        }
    }

    private static Finding Of(QueueStatus queue, bool hasNodes)
    {
        var oldest = queue.OldestWaitsSeconds is { } waits ? $", the oldest waits for {Figures.Seconds(waits)} s" : "";
        var lease = queue.LeaseEndsInSeconds is { } left ? $", its lease ends in {Figures.Seconds(left)} s" : "";
        var what = $"{queue.Queue}, read by {queue.ReadBy ?? queue.What ?? "all nodes"}: {Figures.Count(queue.Messages, "message")}{oldest}{lease}";
        if (queue.What is not null && hasNodes)
            return new Finding("queue", Condition.Broken, what, "a node takes it over within a minute; if none does, end the nodes and start them anew");
        return queue.OldestWaitsSeconds > LongWait.TotalSeconds
            ? new Finding("queue", Condition.Note, what, "whoever reads it is behind, or hangs: look at that node's log, or start more nodes")
            : new Finding("queue", Condition.Well, what);
    }

    private static async Task<IReadOnlyList<Finding>> ClockAsync(StorageConnection storage, MachineFacts machine, CancellationToken cancellationToken)
    {
        try
        {
            using var http = new HttpClient { Timeout = Patience };
            using var answer = await http.GetAsync(new Uri(storage.Open().Address), HttpCompletionOption.ResponseHeadersRead, cancellationToken); // refused, and with a date
            if (answer.Headers.Date is not { } theirs)
                return [];
            var ahead = machine.Time.GetUtcNow() - theirs;
            return
            [
                ahead.Duration() < ClockTolerance
                    ? new Finding("clock", Condition.Well, "as the storage's")
                    : new Finding(
                        "clock", Condition.Broken,
                        string.Create(CultureInfo.InvariantCulture, $"this machine's is {ahead.Duration().TotalMinutes:F0} minutes {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the storage's"),
                        "set it (timedatectl set-ntp true): storage refuses requests that were signed at another time"),
            ];
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return [];
        }
    }
}
