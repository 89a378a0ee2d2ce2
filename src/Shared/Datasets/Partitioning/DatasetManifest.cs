using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>A partitioned data set: the content of <c>datasets/{digest}/manifest.json</c>.</summary>
/// <param name="Recipe">What it was made of, and how.</param>
/// <param name="Source">The kind of source, as <c>--data</c> names it: <c>cifar10</c>, <c>images</c>, <c>synthetic</c> and others (docs/data.md).</param>
/// <param name="Shape">The shape of every image.</param>
/// <param name="Classes">The classes' names; a label is an index of these.</param>
/// <param name="Clients">Every client's part, by index.</param>
/// <param name="Test">The central test set.</param>
/// <param name="TestExamples">The number of its examples.</param>
public sealed record DatasetManifest(
    DatasetRecipe Recipe, string Source, ImageShape Shape, IReadOnlyList<string> Classes, IReadOnlyList<ClientPartition> Clients,
    ArtifactReference Test, int TestExamples) : ISealed
{
    /// <summary>The classes of which no client has an image (<see cref="Partitioning.ClassesOfNobody"/>); null if there are none.</summary>
    public IReadOnlyList<string>? ClassesOfNobody { get; init; }

    /// <summary>
    /// The columns of a table's numbers, and what these were standardised by: the rows that all clients together train on. Null for images, and where the
    /// data is at sites, each of which has standardised its own by its own.
    /// </summary>
    public IReadOnlyList<TableColumn>? Columns { get; init; }

    /// <summary>What the data calls the clients, in their order; null where it wasn't asked.</summary>
    public IReadOnlyList<string>? NaturalIds { get; init; }

    /// <summary>
    /// How many images of each class each client has, to train and to validate on: for each client, for each class. Null where the data is at sites, where that would be more than
    /// <see cref="Partitioning.LabelCounts.MostKept"/> numbers, and where an earlier build has divided it.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>>? LabelCounts { get; init; }

    /// <inheritdoc/>
    public string? Seal { get; init; }
}
