using System.Collections;
using FlDurable.Shared.Datasets.Partitioning;

namespace FlDurable.Orchestrator.Selecting;

/// <summary>Some of a data set's clients, by their places among all: where these are made when they are asked for, so are those.</summary>
/// <param name="clients">All.</param>
/// <param name="places">Which of them, in order.</param>
internal sealed class ChosenClients(IReadOnlyList<ClientPartition> clients, int[] places) : IReadOnlyList<ClientPartition>
{
    /// <inheritdoc/>
    public int Count => places.Length;

    /// <inheritdoc/>
    public ClientPartition this[int index] => clients[places[index]];

    /// <summary>Those that something is true of, asked in order, each once.</summary>
    public static ChosenClients Where(IReadOnlyList<ClientPartition> clients, Func<ClientPartition, bool> isChosen) =>
        new(clients, [.. Enumerable.Range(0, clients.Count).Where(place => isChosen(clients[place]))]);

    /// <inheritdoc/>
    public IEnumerator<ClientPartition> GetEnumerator() => places.Select(place => clients[place]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
