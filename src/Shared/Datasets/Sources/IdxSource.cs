using System.Text;
using System.Text.RegularExpressions;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// MNIST and what is published in its form (Fashion-MNIST, KMNIST, EMNIST): four IDX files, grey images. Labels that begin at 1 are counted
/// from there. EMNIST's images are stored with rows and columns exchanged (Cohen, Afshar, Tapson and van Schaik 2017); they are put upright.
/// </summary>
internal sealed partial class IdxSource(string path, SourceForm form) : DividedFiles(
    KindName, "images in MNIST's form", decoderVersion: 1, FileContainer.Open(NearFiles.FolderOf(path, IsPart)), form)
{
    /// <summary>Its name in specs and records.</summary>
    public const string KindName = "idx";

    private const string Mapping = "-mapping.txt";
    private const int MaxMappingLength = 1 << 16;
    private const string Expected = "expected train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, as they are or with .gz";

    /// <summary>Whether a file is one of the four by its name.</summary>
    public static bool IsPart(string name) => Part().IsMatch(name);

    private protected override ImageDataset Read(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var files = new Dictionary<(bool IsTrain, bool IsImages), (IdxFile Content, string Place, bool IsPlain)>();
        var (names, isTransposed) = ((string[]?)null, false);
        foreach (var file in Container.Files(cancellationToken))
        {
            var name = NearFiles.NameOf(file);
            if (name.EndsWith(Mapping, StringComparison.Ordinal))
                names = ReadNames(file);
            if (Part().Match(name) is not { Success: true } match)
                continue;
            var part = (IsTrain: match.Groups["split"].Value == "train", IsImages: match.Groups["what"].Value == "images");
            var isPlain = !match.Groups["gz"].Success;
            if (files.TryGetValue(part, out var other))
            {
                // A file and what it was unpacked from hold the same.
                if (other.IsPlain == isPlain)
                    throw new DatasetException($"{file.Place}: there is another, {other.Place}; expected one");
                if (other.IsPlain)
                    continue;
            }

            isTransposed |= name.StartsWith("emnist-", StringComparison.OrdinalIgnoreCase);
            files[part] = (IdxFile.Read(file, part.IsImages ? 3 : 1, part.IsImages ? "images" : "labels"), file.Place, isPlain);
        }

        var train = Pair(isTrain: true);
        var test = Pair(isTrain: false);
        if (train is null || test is null)
            throw new DatasetException($"{Container.Path}: no {(train is null ? "training" : "test")} images and labels; {Expected}");
        var first = Labels(train.Value).Min();
        var classes = ClassNames(names, Labels(train.Value).Concat(Labels(test.Value)).Max() - first + 1, first);
        return new ImageDataset(classes, Examples(train.Value, first, classes.Length, isTransposed), Examples(test.Value, first, classes.Length, isTransposed));

        ((IdxFile Content, string Place, bool) Images, (IdxFile Content, string Place, bool) Labels)? Pair(bool isTrain)
        {
            var hasImages = files.TryGetValue((isTrain, true), out var images);
            var hasLabels = files.TryGetValue((isTrain, false), out var labels);
            if (!hasImages || !hasLabels)
            {
                return hasImages == hasLabels
                    ? null
                    : throw new DatasetException($"{(hasImages ? images.Place : labels.Place)}: there are no {(hasImages ? "labels" : "images")} to it; {Expected}");
            }

            return images.Content.Sizes[0] == labels.Content.Sizes[0]
                ? (images, labels)
                : throw new DatasetException(FormattableString.Invariant($"{labels.Place}: {labels.Content.Sizes[0]:N0} labels for {images.Content.Sizes[0]:N0} images; expected one for each"));
        }
    }

    private static IEnumerable<int> Labels(((IdxFile Content, string, bool) Images, (IdxFile Content, string, bool) Labels) pair)
    {
        for (var index = 0; index < pair.Labels.Content.Values.Length; index++)
            yield return pair.Labels.Content.Values.Span[index];
    }

    private static ImageExamples Examples(
        ((IdxFile Content, string Place, bool) Images, (IdxFile Content, string Place, bool) Labels) pair, int first, int classes, bool isTransposed)
    {
        var (count, height, width) = (pair.Images.Content.Sizes[0], pair.Images.Content.Sizes[1], pair.Images.Content.Sizes[2]);
        var shape = isTransposed ? new ImageShape(1, width, height) : new ImageShape(1, height, width);
        DatasetLimits.RequireDecodable(pair.Images.Place, count, shape);
        var records = new byte[count * (1 + shape.Length)];
        var images = pair.Images.Content.Values.Span;
        var labels = pair.Labels.Content.Values.Span;
        for (var index = 0; index < count; index++)
        {
            if (labels[index] < first)
                throw new DatasetException(FormattableString.Invariant($"{pair.Labels.Place}: label {labels[index]} at {index:N0}; expected at least {first}, as in the training images"));
            var record = records.AsSpan(index * (1 + shape.Length), 1 + shape.Length);
            record[0] = (byte)(labels[index] - first);
            var image = images.Slice(index * shape.Length, shape.Length);
            if (!isTransposed)
                image.CopyTo(record[1..]);
            for (var at = 0; at < shape.Length && isTransposed; at++)
                record[1 + at] = image[at % shape.Width * shape.Height + at / shape.Width];
        }

        return new ImageExamples(records, shape, classes);
    }

    /// <summary>The names of a mapping, as far as there are classes; else the labels.</summary>
    private static string[] ClassNames(string[]? names, int classes, int first) =>
        names is not null && names.Length >= classes
            ? names[..classes]
            : [.. Enumerable.Range(first, classes).Select(label => FormattableString.Invariant($"{label}"))];

    /// <summary>EMNIST's mapping: a label and the codes of the characters that it stands for, of which the first is the name.</summary>
    private static string[]? ReadNames(ContainedFile file)
    {
        if (file.Length > MaxMappingLength)
            throw new DatasetException(FormattableString.Invariant($"{file.Place}: {file.Length:N0} bytes; expected a line for each class"));
        var lines = Encoding.ASCII.GetString(file.ReadAll()).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var names = lines.Select(line => line.Split(' ') is [_, var code, ..] && int.TryParse(code, out var value) && value is > ' ' and < 127 ? $"{(char)value}" : null).ToList();
        return names.TrueForAll(name => name is not null) && names.Distinct().Count() == names.Count
            ? [.. names!]
            : throw new DatasetException($"{file.Place}: expected a label and a character's code in each line, for different characters");
    }

    [GeneratedRegex("(^|-)(?<split>train|t10k|test)-(?<what>images|labels)[-.]idx[13]-ubyte(?<gz>\\.gz)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Part();
}
