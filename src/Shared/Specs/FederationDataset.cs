using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Specs;

/// <summary>
/// What was found where a spec said that its data is: the content of <c>dataset.json</c>. Written once, so that a federation never changes its
/// data, also where a spec names none and the machine decides.
/// </summary>
/// <param name="Version">The version of this contract: <see cref="CurrentVersion"/>.</param>
/// <param name="Dataset">The partitioned data set.</param>
/// <param name="TrainExamples">The number of training images of all clients.</param>
/// <param name="TestExamples">The number of test images.</param>
/// <param name="Engine">The training engine that can train the network for such images; absent where <c>spec.json</c> names it.</param>
public sealed record FederationDataset(int Version, DatasetReference Dataset, int TrainExamples, int TestExamples, string? Engine = null) : ISealed
{
    /// <summary>The version that this build writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <inheritdoc/>
    public string? Seal { get; init; }
}

/// <summary>Which data a federation learns from.</summary>
/// <param name="Source">The kind of source, as <c>--data</c> names it: <c>cifar10</c>, <c>images</c>, <c>synthetic</c> and others (docs/data.md).</param>
/// <param name="SourceSha256">The SHA-256 of the decoded images and labels, whatever they were read from.</param>
/// <param name="Digest">The digest of the partitioned data set, which names its artifacts.</param>
/// <param name="Shape">
/// The shape of an image, which the network is made for; absent in federations from before networks followed the data, which have the network
/// for the images that it was first made for.
/// </param>
/// <param name="Classes">The number of classes; absent together with the shape.</param>
public sealed record DatasetReference(string Source, string SourceSha256, string Digest, ImageShape? Shape = null, int? Classes = null);
