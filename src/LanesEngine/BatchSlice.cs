using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Datasets;

namespace FlDurable.LanesEngine;

/// <summary>
/// Up to two groups of images that go through the network together: enough to keep the registers busy, and small enough to stay in a
/// core's cache however large the batch is. A batch is trained slice by slice, its gradients added up.
/// </summary>
/// <param name="examples">Where the images are.</param>
/// <param name="indexes">Which ones: 1 to <see cref="Images"/>.</param>
internal readonly ref struct BatchSlice(ImageExamples examples, ReadOnlySpan<int> indexes)
{
    /// <summary>Most groups in a slice.</summary>
    public const int Groups = 2;

    /// <summary>Most images in a slice.</summary>
    public const int Images = Groups * LaneGroup.Size;

    public ImageExamples Examples { get; } = examples;

    public ReadOnlySpan<int> Indexes { get; } = indexes;

    /// <summary>The groups that its images fill.</summary>
    public int GroupCount => LaneGroup.CountFor(Indexes.Length);
}
