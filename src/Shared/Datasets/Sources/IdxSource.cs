using System.Globalization;
using System.Numerics.Tensors;
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
    KindName, "images in MNIST's form", decoderVersion: 2, FileContainer.Open(NearFiles.FolderOf(path, IsPart), form.FollowsLinks), form)
{
    /// <summary>Its name in specs and records.</summary>
    public const string KindName = "idx";

    private const string Mapping = "mapping.txt";
    private const int MaxMappingLength = 1 << 16;
    private const string Expected = "expected train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, as they are or with .gz";

    /// <summary>Whether a file is one of the four by its name.</summary>
    public static bool IsPart(string name) => PartName().IsMatch(name);

    private protected override ImageDataset Read(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var parts = new Dictionary<(bool IsTrain, bool IsImages), Part>();
        var prefix = (string?)null;
        foreach (var file in Container.Files(cancellationToken))
        {
            var name = NearFiles.NameOf(file);
            if (PartName().Match(name) is not { Success: true } match)
                continue;
            var key = (IsTrain: match.Groups["split"].Value == "train", IsImages: match.Groups["what"].Value == "images");
            var isPlain = !match.Groups["gz"].Success;
            if (parts.TryGetValue(key, out var other))
            {
                // A file and what it was unpacked from hold the same.
                if (other.IsPlain == isPlain)
                    throw new DatasetException($"{file.Place}: there is another, {other.Place}; expected one");
                if (other.IsPlain)
                    continue;
            }

            var own = match.Groups["set"].Value;
            if ((prefix ??= own) != own)
                throw new DatasetException($"{file.Place}: another set than the files '{prefix}…'; expected the files of one set");
            parts[key] = new Part(IdxFile.Read(file, key.IsImages ? 3 : 1, key.IsImages ? "images" : "labels"), file.Place, isPlain);
        }

        var train = SplitOf(parts, isTrain: true);
        var test = SplitOf(parts, isTrain: false);
        if (train is null || test is null)
            throw new DatasetException($"{Container.Path}: no {(train is null ? "training" : "test")} images and labels; {Expected}");
        if (train.Size != test.Size)
            throw new DatasetException($"{test.Images.Place}: images of {test.Size.Width}×{test.Size.Height}, those to train on are of {train.Size.Width}×{train.Size.Height}; expected one size");
        var first = train.SmallestLabel;
        if (test.LargestLabel > train.LargestLabel)
            throw new DatasetException(FormattableString.Invariant($"{test.Labels.Place}: label {test.LargestLabel}, which no training image has; expected {first} to {train.LargestLabel}"));
        if (train.LargestLabel == first)
            throw new DatasetException(FormattableString.Invariant($"{train.Labels.Place}: all labels are {first}; expected two classes at least"));
        var isTransposed = prefix!.StartsWith("emnist-", StringComparison.OrdinalIgnoreCase);
        var classes = ClassNames(FindNames(prefix, cancellationToken), train.LargestLabel - first + 1, first);
        return new ImageDataset(classes, train.Examples(first, classes.Length, isTransposed), test.Examples(first, classes.Length, isTransposed));
    }

    private static Split? SplitOf(Dictionary<(bool IsTrain, bool IsImages), Part> parts, bool isTrain)
    {
        var images = parts.GetValueOrDefault((isTrain, true));
        var labels = parts.GetValueOrDefault((isTrain, false));
        if (images is null && labels is null)
            return null;
        if (images is null || labels is null)
            throw new DatasetException($"{(images ?? labels)!.Place}: there are no {(labels is null ? "labels" : "images")} to it; {Expected}");
        return images.Count == labels.Count
            ? new Split(images, labels)
            : throw new DatasetException(FormattableString.Invariant($"{labels.Place}: {labels.Count:N0} labels for {images.Count:N0} images; expected one for each"));
    }

    /// <summary>The names that a mapping has for all labels; else the labels.</summary>
    private static string[] ClassNames(Dictionary<int, string> names, int classes, int first)
    {
        var labels = Enumerable.Range(first, classes).ToList();
        return [.. labels.TrueForAll(names.ContainsKey) ? labels.Select(label => names[label]) : labels.Select(label => FormattableString.Invariant($"{label}"))];
    }

    /// <summary>What the mapping that belongs to the files has; nothing if there is none. Another set's says nothing of these.</summary>
    private Dictionary<int, string> FindNames(string prefix, CancellationToken cancellationToken)
    {
        if (prefix.Length > 0)
        {
            foreach (var file in Container.Files(cancellationToken))
            {
                if (NearFiles.NameOf(file) == prefix + Mapping)
                    return ReadNames(file);
            }
        }

        return [];
    }

    /// <summary>EMNIST's mapping: a label and the codes of the characters that it stands for, of which the first is the name.</summary>
    private static Dictionary<int, string> ReadNames(ContainedFile file)
    {
        if (file.Length > MaxMappingLength)
            throw new DatasetException(FormattableString.Invariant($"{file.Place}: {file.Length:N0} bytes; expected a line for each class"));
        var names = new Dictionary<int, string>();
        foreach (var line in Encoding.ASCII.GetString(file.ReadAll()).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ') is not [var label, var code, ..] || !IsNumber(label, out var number) || !IsNumber(code, out var character)
                || character is <= ' ' or >= 127 || !names.TryAdd(number, $"{(char)character}"))
            {
                throw NoMapping(file);
            }
        }

        return names.Values.Distinct().Count() == names.Count ? names : throw NoMapping(file);

        static bool IsNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static DatasetException NoMapping(ContainedFile file) =>
        new($"{file.Place}: expected a label and a character's code in each line, for different labels and characters");

    [GeneratedRegex("^(?<set>(.*-)?)(?<split>train|t10k|test)-(?<what>images|labels)[-.]idx[13]-ubyte(?<gz>\\.gz)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex PartName();

    /// <summary>One of the four files.</summary>
    private sealed record Part(IdxFile Content, string Place, bool IsPlain)
    {
        public int Count => Content.Sizes[0];
    }

    /// <summary>The images of a split and their labels, as many.</summary>
    private sealed record Split(Part Images, Part Labels)
    {
        public (int Width, int Height) Size => (Images.Content.Sizes[2], Images.Content.Sizes[1]);

        public int SmallestLabel => TensorPrimitives.Min(Labels.Content.Values.Span);

        public int LargestLabel => TensorPrimitives.Max(Labels.Content.Values.Span);

        public ImageExamples Examples(int first, int classes, bool isTransposed)
        {
            var (width, height) = Size;
            var shape = isTransposed ? new ImageShape(1, width, height) : new ImageShape(1, height, width);
            DatasetLimits.RequireDecodable(Images.Place, Images.Count, shape);
            var records = new byte[Images.Count * (1 + shape.Length)];
            var images = Images.Content.Values.Span;
            var labels = Labels.Content.Values.Span;
            for (var index = 0; index < Images.Count; index++)
            {
                if (labels[index] < first)
                    throw new DatasetException(FormattableString.Invariant($"{Labels.Place}: label {labels[index]} at {index:N0}; expected at least {first}, as in the training images"));
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
    }
}
