namespace FlDurable.Shared.Datasets;

/// <summary>The clients that training examples are of, as the data itself tells.</summary>
public sealed class NaturalIds
{
    private readonly int[] clients;

    private NaturalIds(IReadOnlyList<string> names, int[] clients) => (Names, this.clients) = (names, clients);

    /// <summary>What the data calls the clients, in ordinal order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>For each training example the index of its client among <see cref="Names"/>.</summary>
    public ReadOnlyMemory<int> Clients => clients;

    /// <summary>Those of examples.</summary>
    /// <param name="ofTrain">For each training example, in order, what the data calls its client.</param>
    public static NaturalIds Of(IReadOnlyList<string> ofTrain)
    {
        var names = ofTrain.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var indices = names.Index().ToDictionary(name => name.Item, name => name.Index, StringComparer.Ordinal);
        return new NaturalIds(names, [.. ofTrain.Select(name => indices[name])]);
    }

    /// <summary>Takes what was kept of them.</summary>
    /// <exception cref="InvalidDataException">An index is of no client.</exception>
    internal static NaturalIds Kept(IReadOnlyList<string> names, int[] clients) =>
        Array.TrueForAll(clients, client => client >= 0 && client < names.Count) ? new NaturalIds(names, clients) : throw new InvalidDataException("an example is of no client");
}
