using System.Globalization;
using System.Runtime.ExceptionServices;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Datasets.Images;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets.Sources.Parquet;

/// <summary>Reads the rows of files one after another; all their images have one shape.</summary>
internal sealed class ParquetRows(SourceForm form, IProgress<DatasetProgress>? progress)
{
    private const string NoLabel = "-1";

    private long done;
    private long bytes;
    private bool hasColour;

    /// <summary>The shape of all images, with three channels; null before there is one.</summary>
    public ImageShape? Shape { get; private set; }

    /// <summary>Whether an image had a colour.</summary>
    public bool HasColour => hasColour;

    /// <summary>Reads a file.</summary>
    /// <exception cref="DatasetException">It can't be read, or a row has no image or no label.</exception>
    public async Task<ParquetPart> ReadAsync(ContainedFile file, CancellationToken cancellationToken)
    {
        await using var table = await ParquetTable.OpenAsync(file.ReadAll(), file.Place, cancellationToken);
        var columns = ParquetColumns.In(table, file.Place, form);
        var labels = new List<string>();
        var images = new List<byte[]>();
        var clients = columns.Client is null ? null : new List<string>();
        for (var group = 0; group < table.Groups; group++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var first = labels.Count;
            var files = await table.BytesAsync(group, columns.Image, cancellationToken);
            var paths = columns.Path is { } path && Array.Exists(files, image => image is null) ? await table.TextsAsync(group, path, cancellationToken) : null;
            foreach (var (row, label) in (await table.TextsAsync(group, columns.Label, cancellationToken)).Index())
            {
                if (label is null || (label == NoLabel && !ParquetTable.IsText(columns.Label)))
                    throw Refused(first + row, $"no label ({label ?? "null"}) in column '{columns.Label.Name}'; expected data that is labelled throughout");
                labels.Add(label);
            }

            if (columns.Client is { } of)
            {
                foreach (var (row, client) in (await table.TextsAsync(group, of, cancellationToken)).Index())
                    clients!.Add(client ?? throw Refused(first + row, $"no client (null) in column '{of.Name}'"));
            }

            for (var row = 0; row < files.Length; row++)
            {
                if (files[row] is null)
                {
                    throw Refused(first + row, paths?[row] is { } name
                        ? $"the image '{EntryName.Printable(name)}' is not in the file, only its name; expected its bytes (datasets' Image with embedded files)"
                        : $"no image in column '{columns.Image.Path.FirstPart}' (null); take such rows out");
                }
            }

            if (labels.Count - first != files.Length)
                throw new DatasetException(FormattableString.Invariant($"{file.Place}: {files.Length} images and {labels.Count - first} labels in group {group}"));
            images.Add(Decode(files!, first, cancellationToken));
        }

        return new ParquetPart(
            file.Place, columns.Label.Name, labels, ParquetTable.IsText(columns.Label),
            HubNames.OfMetadata(table.Metadata(HubNames.MetadataKey)).GetValueOrDefault(columns.Label.Name), images, Math.Max(Shape?.Length ?? 0, 1), clients);

        DatasetException Refused(int row, string why) => new(FormattableString.Invariant($"{file.Place}: row {row}: {why}"));

        byte[] Decode(byte[][] group, int first, CancellationToken cancellation)
        {
            if (group.Length == 0)
                return [];
            Shape ??= ShapeOf(group[0], PlaceOf(0));
            var shape = Shape.Value;
            bytes += group.Length * (1L + shape.Length);
            DatasetLimits.RequireDecodable(file.Place, bytes / (1 + shape.Length), shape);
            var pixels = GC.AllocateUninitializedArray<byte>(group.Length * shape.Length);
            try
            {
                var options = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };
                Parallel.For(0, group.Length, options, row =>
                {
                    var target = pixels.AsSpan(row * shape.Length, shape.Length);
                    if (group[row].Length > DatasetLimits.MaxImageFileLength)
                        throw new DatasetException(FormattableString.Invariant($"{PlaceOf(row)}: {group[row].Length:N0} bytes; expected at most {DatasetLimits.MaxImageFileLength:N0}"));
                    ImageRecords.Decode(group[row], PlaceOf(row), form.Size is not null, shape, target);
                    if (!hasColour && !ImageRecords.IsGrey(target))
                        hasColour = true;
                });
            }
            catch (AggregateException exception)
            {
                ExceptionDispatchInfo.Throw(exception.Flatten().InnerExceptions[0]);
            }

            done += group.Length;
            progress?.Report(new DatasetProgress(DatasetStage.Decoding, done, done));
            return pixels;

            string PlaceOf(int row) => string.Create(CultureInfo.InvariantCulture, $"{file.Place}: row {first + row}");
        }
    }

    private ImageShape ShapeOf(byte[] image, string place)
    {
        var own = ImageDecoder.ShapeOf(image, place);
        return form.Size is { } size ? new ImageShape(own.Channels, size.Height, size.Width) : own;
    }
}
