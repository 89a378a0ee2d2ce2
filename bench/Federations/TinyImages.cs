using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.Bench.Federations;

/// <summary>Images of one pixel, two for each client, and the smallest network that takes them.</summary>
/// <param name="clients">How many clients there are.</param>
internal sealed class TinyImages(int clients) : IDatasetLibrary
{
    /// <summary>Half of a client's images are for training, half for validation.</summary>
    public const double ValidationFraction = 0.5;

    private static readonly string[] Classes = ["dark", "bright"];

    private readonly ImageDataset dataset = new(Classes, Images(2 * clients), Images(2));

    public static Network Network { get; } = new("tiny", new ImageShape(1, 1, 1), [new Linear("fc", 1, 2)]);

    public Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        Task.FromResult(new ResolvedDataset(
            "synthetic", dataset.Sha256, "images of one pixel", dataset.Shape, Classes.Length, dataset.Train.Count, dataset.Test.Count));

    public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) => Task.FromResult(dataset);

    private static ImageExamples Images(int count)
    {
        var records = new byte[2 * count];
        for (var image = 0; image < count; image++)
            (records[2 * image], records[(2 * image) + 1]) = image % 2 == 0 ? ((byte)0, (byte)0) : ((byte)1, (byte)255);
        return new ImageExamples(records, Network.Input, Classes.Length);
    }
}
