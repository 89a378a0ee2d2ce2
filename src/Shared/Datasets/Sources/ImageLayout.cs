using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// Where each image file of a folder or an archive belongs: split/class/file. Classes and files are in ordinal order, so that the data
/// set does not depend on the archive's.
/// </summary>
internal sealed class ImageLayout
{
    private const string Train = "train";
    private const string Test = "test";
    private const string Expected = "expected train/<class>/<image> and test/<class>/<image>, in one folder at most";

    private readonly Dictionary<string, ImageSlot> slots;

    private ImageLayout(IReadOnlyList<string> classes, Dictionary<string, ImageSlot> slots, int trainCount, int testCount)
    {
        Classes = classes;
        this.slots = slots;
        TrainCount = trainCount;
        TestCount = testCount;
    }

    /// <summary>The classes' names: the folders of <c>train</c>.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Training images.</summary>
    public int TrainCount { get; }

    /// <summary>Test images.</summary>
    public int TestCount { get; }

    /// <summary>Looks at every file's name and length.</summary>
    /// <exception cref="DatasetException">
    /// The layout is another, a split is missing, there are too few or too many classes, or a file is too large.
    /// </exception>
    public static ImageLayout Of(FileContainer container, CancellationToken cancellationToken)
    {
        var images = new Dictionary<string, ImagePath>(StringComparer.Ordinal);
        foreach (var file in container.Files())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ImagePath.Of(file) is not { } image)
                continue;
            if (!images.TryAdd(file.Name, image))
                throw new DatasetException($"{file.Place}: there twice");
            if (file.Length > DatasetLimits.MaxImageFileLength)
            {
                throw new DatasetException(FormattableString.Invariant(
                    $"{file.Place}: {file.Length:N0} bytes; expected at most {DatasetLimits.MaxImageFileLength:N0}"));
            }
        }

        return Arrange(container.Path, images);
    }

    /// <summary>Where a file's image goes; false for what is no image of the data set.</summary>
    public bool TryGet(string name, out ImageSlot slot) => slots.TryGetValue(name, out slot);

    private static ImageLayout Arrange(string path, Dictionary<string, ImagePath> images)
    {
        var tops = images.Values.Select(image => image.Top).Distinct(StringComparer.Ordinal).Take(2).ToList();
        if (tops.Count > 1)
            throw new DatasetException($"{path}: images are below '{tops[0]}' and below '{tops[1]}'; {Expected}");
        var classes = images.Values.Where(image => image.IsTrain).Select(image => image.Class).Distinct().Order(StringComparer.Ordinal).ToList();
        if (classes.Count == 0)
            throw new DatasetException($"{path}: no training images; {Expected}");
        if (classes.Count is < 2 or > DatasetLimits.MaxClasses)
            throw new DatasetException($"{path}: {classes.Count} classes in {Train}; expected 2 to {DatasetLimits.MaxClasses}");
        if (images.Values.All(image => image.IsTrain))
            throw new DatasetException($"{path}: no test images; {Expected}");

        var labels = classes.Select((name, label) => (name, label)).ToDictionary(StringComparer.Ordinal);
        var slots = new Dictionary<string, ImageSlot>(images.Count, StringComparer.Ordinal);
        var trainCount = Fill(isTrain: true);
        var testCount = Fill(isTrain: false);
        return new ImageLayout(classes, slots, trainCount, testCount);

        int Fill(bool isTrain)
        {
            var position = 0;
            var ordered = images.Where(image => image.Value.IsTrain == isTrain)
                .OrderBy(image => image.Value.Class, StringComparer.Ordinal)
                .ThenBy(image => image.Value.File, StringComparer.Ordinal);
            foreach (var (name, image) in ordered)
            {
                if (!labels.TryGetValue(image.Class, out var label))
                    throw new DatasetException($"{path}: {name}: class '{image.Class}' has no training images; {Expected}");
                slots.Add(name, new ImageSlot(isTrain, position++, (byte)label));
            }

            return position;
        }
    }

    /// <summary>An image's name, taken apart.</summary>
    private readonly record struct ImagePath(string Top, bool IsTrain, string Class, string File)
    {
        /// <summary>Null for a file that tells about the images or that a file manager left behind.</summary>
        public static ImagePath? Of(ContainedFile file)
        {
            var parts = file.Name.Split('/');
            if (parts.Any(part => part.StartsWith('.') || part == "__MACOSX"))
                return null;
            var split = Array.FindIndex(parts, 0, Math.Min(2, parts.Length - 1), part => part is Train or Test);
            if (split < 0)
                return parts.Length <= 2 ? null : throw new DatasetException($"{file.Place}: neither in {Train} nor in {Test}; {Expected}");
            return parts.Length - split == 3
                ? new ImagePath(split == 0 ? "" : parts[0], parts[split] == Train, parts[split + 1], parts[split + 2])
                : throw new DatasetException($"{file.Place}: {Expected}");
        }
    }
}

/// <summary>An image's place in the data set.</summary>
/// <param name="IsTrain">Whether it is a training image.</param>
/// <param name="Position">Its index in its split.</param>
/// <param name="Label">Its class's index.</param>
internal readonly record struct ImageSlot(bool IsTrain, int Position, byte Label);
