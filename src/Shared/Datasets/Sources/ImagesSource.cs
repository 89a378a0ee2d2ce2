using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Datasets.Images;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// Image files in a folder or an archive, laid out split/class/file. It is gone through twice: once for the names, so that everything
/// about them is checked and the memory's size is known, and once for the images, which are decoded on all processors. Where no image has a
/// colour, one channel is kept. Where an <see cref="ImageList"/> lies beside them, it says order, classes and channels.
/// </summary>
internal sealed class ImagesSource(string path, SourceForm form) : FileSource(KindName, "images", decoderVersion: 3, FileContainer.Open(path, form.FollowsLinks), form)
{
    /// <summary>Its name in specs and records.</summary>
    public const string KindName = "images";

    private const int ProgressEvery = 500;

    /// <inheritdoc/>
    public override bool TellsClients => true;

    private protected override ImageDataset Load(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        if (Form.By is not (null or NaturalIdOptions.Folder))
            throw new DatasetException($"partitioner: naturalid: {Container.Path}: image files have no column '{EntryName.Printable(Form.By)}'; expected by {NaturalIdOptions.Folder}");
        var layout = ImageLayout.Of(Container, Form.TestFraction, byClient: Form.By is not null, cancellationToken);
        var unreadable = new UnreadableRecords();
        using var images = ReadImages(layout, cancellationToken).GetEnumerator();
        var (shape, skipped) = FirstShape(images, unreadable);
        if (Form.Size is { } size)
            shape = new ImageShape(shape.Channels, size.Height, size.Width);
        var total = layout.TrainCount + layout.TestCount;
        DatasetLimits.RequireDecodable(Container.Path, total, shape);
        var record = 1 + shape.Length;
        var train = new byte[layout.TrainCount * record];
        var test = new byte[layout.TestCount * record];
        var (done, hasColour) = (skipped, false);
        try
        {
            var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
            Parallel.ForEach(Partitioner.Create(FromFirst(), EnumerablePartitionerOptions.NoBuffering), options, image =>
            {
                var target = (image.Slot.IsTrain ? train : test).AsSpan(image.Slot.Position * record, record);
                target[0] = image.Slot.Label;
                if (TryDecode(image, shape, target[1..], unreadable) && !hasColour && !ImageRecords.IsGrey(target[1..]))
                    hasColour = true;
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
        (train, test) = (unreadable.Without(isTrain: true, train, shape), unreadable.Without(isTrain: false, test, shape));
        if (train.Length == 0)
            throw UnreadableRecords.TooMany(Container.Path, total, Form.SkipAtMostPercent ?? 0, unreadable.Reasons);
        if (hasColour && layout.List is { Channels: 1 } list)
            throw list.OtherChannels();
        if (layout.List is { } given ? given.Channels == 1 : !hasColour)
        {
            (train, test) = (ImageRecords.FirstChannel(train, shape), ImageRecords.FirstChannel(test, shape));
            shape = new ImageShape(1, shape.Height, shape.Width);
        }

        return new ImageDataset(
            layout.Classes,
            new ImageExamples(train, shape, layout.Classes.Count),
            new ImageExamples(test, shape, layout.Classes.Count))
        {
            NaturalIds = layout.Clients is { } clients ? NaturalIds.Of([.. unreadable.Without(clients)]) : null,
            LeftOut = unreadable.Reasons,
        };

        IEnumerable<PackedImage> FromFirst()
        {
            do
                yield return images.Current;
            while (images.MoveNext());
        }
    }

    /// <summary>The shape of the first image that can be read, where the enumerator then is.</summary>
    /// <returns>And how many before it were left out.</returns>
    private (ImageShape Shape, int LeftOut) FirstShape(IEnumerator<PackedImage> images, UnreadableRecords unreadable)
    {
        for (var leftOut = 0; images.MoveNext(); leftOut++)
        {
            var image = images.Current;
            try
            {
                return (ImageDecoder.ShapeOf(image.Content, image.Place), leftOut);
            }
            catch (DatasetException exception) when (Form.SkipAtMostPercent is not null)
            {
                unreadable.Add(image.Slot, exception.Message);
            }
        }

        throw unreadable.Reasons is [var reason, ..] ? new DatasetException(reason) : Changed();
    }

    /// <returns>False if it can't be read, and is left out.</returns>
    private bool TryDecode(PackedImage image, ImageShape shape, Span<byte> pixels, UnreadableRecords unreadable)
    {
        try
        {
            ImageRecords.Decode(image.Content, image.Place, Form.Size is not null, shape, pixels);
            return true;
        }
        catch (DatasetException exception) when (Form.SkipAtMostPercent is not null)
        {
            unreadable.Add(image.Slot, exception.Message);
            return false;
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
