using System.Text.Json.Serialization;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>A partitioned data set: the content of <c>datasets/{digest}/manifest.json</c>.</summary>
/// <param name="Recipe">What it was made of, and how.</param>
/// <param name="Source">The kind of source, as <c>--data</c> names it: <c>cifar10</c>, <c>images</c>, <c>synthetic</c> and others (docs/data.md).</param>
/// <param name="Shape">The shape of every image.</param>
/// <param name="Classes">The classes' names; a label is an index of these.</param>
/// <param name="Clients">Every client's part, by index; empty where there are <see cref="ClientParts"/>. <see cref="ManifestClients"/> reads either.</param>
/// <param name="Test">The central test set.</param>
/// <param name="TestExamples">The number of its examples.</param>
public sealed record DatasetManifest(
    DatasetRecipe Recipe, string Source, ImageShape Shape, IReadOnlyList<string> Classes, IReadOnlyList<ClientPartition> Clients,
    ArtifactReference Test, int TestExamples) : ISealed
{
    /// <summary>Where the clients are named, in order, of more than <see cref="ManifestClients.MostTogether"/>; null where they are named here.</summary>
    public IReadOnlyList<ManifestPart>? ClientParts { get; init; }

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

    /// <summary>How many clients there are.</summary>
    [JsonIgnore]
    public int ClientCount => ClientParts is null ? Clients.Count : ClientParts.Sum(part => part.Count);
}

/// <summary>Consecutive clients of a manifest.</summary>
/// <param name="First">The index of the first.</param>
/// <param name="Count">How many.</param>
/// <param name="Content">Their <see cref="ManifestClientList"/>.</param>
public sealed record ManifestPart(int First, int Count, ArtifactReference Content);

/// <summary>The content of a part of a manifest, <c>datasets/{digest}/manifest/{first}.json</c>.</summary>
/// <param name="Clients">The clients, by index.</param>
public sealed record ManifestClientList(IReadOnlyList<ClientPartition> Clients);
