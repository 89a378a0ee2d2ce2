using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Datasets.Images;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// Image files in a folder or an archive, laid out split/class/file. It is gone through twice: once for the names, so that everything
/// about them is checked and the memory's size is known, and once for the images, which are decoded on all processors.
/// </summary>
internal sealed class ImagesSource(string path) : FileSource(KindName, "images", decoderVersion: 2, FileContainer.Open(path))
{
    /// <summary>Its name in specs and records.</summary>
    public const string KindName = "images";

    private const int ProgressEvery = 500;

    private protected override ImageDataset Load(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var layout = ImageLayout.Of(Container, cancellationToken);
        using var images = ReadImages(layout, cancellationToken).GetEnumerator();
        if (!images.MoveNext())
            throw Changed();
        var first = images.Current;
        var shape = ImageDecoder.ShapeOf(first.Content, first.Place);
        var total = layout.TrainCount + layout.TestCount;
        DatasetLimits.RequireDecodable(Container.Path, total, shape);
        var record = 1 + shape.Length;
        var train = new byte[layout.TrainCount * record];
        var test = new byte[layout.TestCount * record];
        var done = 0;
        try
        {
            var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
            Parallel.ForEach(Partitioner.Create(FromFirst(), EnumerablePartitionerOptions.NoBuffering), options, image =>
            {
                var target = (image.Slot.IsTrain ? train : test).AsSpan(image.Slot.Position * record, record);
                target[0] = image.Slot.Label;
                ImageDecoder.Decode(image.Content, image.Place, shape, target[1..]);
                var count = Interlocked.Increment(ref done);
                if (count % ProgressEvery == 0 || count == total)
                    progress?.Report(new DatasetProgress(DatasetStage.Decoding, count, total));
            });
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.Flatten().InnerExceptions[0]);
        }

        if (done != total)
            throw Changed();
        return new ImageDataset(
            layout.Classes,
            new ImageExamples(train, shape, layout.Classes.Count),
            new ImageExamples(test, shape, layout.Classes.Count));

        IEnumerable<PackedImage> FromFirst()
        {
            do
                yield return images.Current;
            while (images.MoveNext());
        }
    }

    private IEnumerable<PackedImage> ReadImages(ImageLayout layout, CancellationToken cancellationToken)
    {
        foreach (var file in Container.Files(cancellationToken))
        {
            if (layout.TryGet(file.Name, out var slot))
                yield return new PackedImage(slot, file.Place, file.ReadAll());
        }
    }

    private DatasetException Changed() => new($"{Container.Path}: changed while it was read. Try again when it stays as it is.");

    private readonly record struct PackedImage(ImageSlot Slot, string Place, byte[] Content);
}
