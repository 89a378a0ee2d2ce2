using FlDurable.DurableTask.Hubs;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace FlDurable.LocalHost.State;

/// <summary>How a task hub is: its nodes, and its queues with who reads them and what waits in them.</summary>
internal sealed record HubStatus(string Hub, IReadOnlyList<NodeStatus> Nodes, IReadOnlyList<QueueStatus> Queues)
{
    /// <summary>Looks.</summary>
    /// <exception cref="CommandLine.UsageException">There is no such hub.</exception>
    /// <exception cref="TaskHubException">It can't be reached.</exception>
    public static async Task<HubStatus> ReadAsync(NamedHub named, CancellationToken cancellationToken)
    {
        var hub = (await named.FindAsync(cancellationToken))(NullLoggerFactory.Instance);
        var nodes = await hub.ReadNodesAsync(cancellationToken);
        var queues = await hub.ReadQueuesAsync(cancellationToken);
        return new HubStatus(
            named.Name,
            [.. nodes.OrderBy(node => node.Name, StringComparer.Ordinal).Select(node => new NodeStatus(node.Name, node.Version, node.Digest))],
            [.. queues.OrderBy(queue => queue.Queue, StringComparer.Ordinal).Select(queue => new QueueStatus(
                queue.Queue, queue.IsShared ? null : queue.Owner, queue.LeaseEndsIn?.TotalSeconds, queue.Messages, queue.OldestWaits?.TotalSeconds, What(queue)))]);
    }

    /// <summary>Shows it to a person.</summary>
    public void Write(Terminal terminal)
    {
        terminal.Output.WriteLine($"task hub {Hub}: {Figures.Count(Nodes.Count, "node")} at work");
        foreach (var node in Nodes)
            terminal.Output.WriteLine(Printable.Line($"  {node.Name}, version {node.Version}, registered {node.Registered}"));
        if (Queues.Count == 0)
            return;
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("queue").NoWrap()).AddColumn("read by");
        foreach (var heading in (string[])["lease ends in", "messages", "oldest waits"])
            table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (var queue in Queues)
        {
            table.AddRow(
                Markup.Escape(queue.Queue), Markup.Escape(queue.ReadBy ?? queue.What ?? "all nodes"), Seconds(queue.LeaseEndsInSeconds), Figures.Count(queue.Messages),
                Seconds(queue.OldestWaitsSeconds));
        }

        terminal.OutputConsole.Write(table);

        static string Seconds(double? seconds) => seconds is null ? "" : $"{Figures.Seconds(seconds)} s";
    }

    private static string? What(HubQueue queue) => queue switch
    {
        { IsShared: true } => null,
        { Owner: null } => "nobody",
        { LeaseEndsIn: { } left } when left < TimeSpan.Zero => "nobody: its owner says nothing",
        _ => null,
    };
}

/// <summary>A node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">The version of its orchestrations.</param>
/// <param name="Registered">The digest of what is registered with it, the same on all nodes of a version.</param>
internal sealed record NodeStatus(string Name, string Version, string Registered);

/// <summary>A queue.</summary>
/// <param name="Queue">Its name.</param>
/// <param name="ReadBy">The node that owns it; absent where all nodes read it, or none.</param>
/// <param name="LeaseEndsInSeconds">When its owner must have said that it lives.</param>
/// <param name="Messages">About how many messages it has, timers that wait among them.</param>
/// <param name="OldestWaitsSeconds">How long ago the first message that waits to be read was sent.</param>
/// <param name="What">What is wrong with it; absent if nothing is.</param>
internal sealed record QueueStatus(string Queue, string? ReadBy, double? LeaseEndsInSeconds, int Messages, double? OldestWaitsSeconds, string? What);
