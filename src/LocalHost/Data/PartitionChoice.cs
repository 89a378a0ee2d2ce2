using System.Globalization;
using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.Data;

/// <summary>One client's part of the data, or all of them.</summary>
/// <param name="Index">The client's index; null for all.</param>
internal sealed record PartitionChoice(int? Index)
{
    private const string All = "all";

    /// <summary>Reads what a command line names.</summary>
    /// <param name="text">An index, or <c>all</c>.</param>
    /// <param name="clients">How many there are.</param>
    /// <param name="allowsAll">Whether all may be taken.</param>
    /// <exception cref="UsageException">It is neither.</exception>
    public static PartitionChoice Parse(string text, int clients, bool allowsAll)
    {
        if (allowsAll && text == All)
            return new PartitionChoice(Index: null);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < clients
            ? new PartitionChoice(index)
            : throw new UsageException($"--partition: expected 0 to {clients - 1}{(allowsAll ? " or all" : "")}, got '{Excerpt.Printable(text)}'");
    }

    /// <summary>The chosen ones.</summary>
    public IEnumerable<ClientPartition> Of(IReadOnlyList<ClientPartition> clients) => Index is { } index ? [clients[index]] : clients;

    /// <summary>As it is named on the command line.</summary>
    public override string ToString() => Index?.ToString(CultureInfo.InvariantCulture) ?? All;
}
