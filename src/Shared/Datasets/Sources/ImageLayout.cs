using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// Where each image file of a folder or an archive belongs: split/class/file. Classes and files are in ordinal order, so that the data
/// set does not depend on the archive's.
/// </summary>
internal sealed class ImageLayout
{
    /// <summary>The layout, for messages.</summary>
    public const string Expected = "expected train/<class>/<image> and test/<class>/<image>, in one folder at most";

    /// <summary>The layout where a share of the images is to become the test set.</summary>
    public const string ExpectedUndivided = "expected <class>/<image>, in one folder at most";

    /// <summary>The layout with a folder for each client.</summary>
    public const string ExpectedByClient = "expected train/<client>/<class>/<image> and test/<class>/<image>, in one folder at most";

    /// <summary>The same where a share of the images is to become the test set.</summary>
    public const string ExpectedUndividedByClient = "expected <client>/<class>/<image>, in one folder at most";

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

    /// <summary>What lists the images; null where their names decide.</summary>
    public ListedImages? List { get; private init; }

    /// <summary>The client of each training image; null where there are no clients' folders.</summary>
    public IReadOnlyList<string>? Clients { get; private init; }

    /// <summary>The layout that is expected, for messages.</summary>
    public static string ExpectedOf(bool byClient) => byClient ? ExpectedByClient : Expected;

    /// <summary>That of images which are not divided.</summary>
    public static string ExpectedUndividedOf(bool byClient) => byClient ? ExpectedUndividedByClient : ExpectedUndivided;

    /// <summary>Looks at every file's name and length.</summary>
    /// <param name="container">The files.</param>
    /// <param name="testFraction">The share of each class that becomes the test set, if the images are not divided; null if they are.</param>
    /// <param name="byClient">Whether there is a client's folder above each class's.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DatasetException">
    /// The layout is another, a split is missing, there are too few or too many classes, or a file is too large.
    /// </exception>
    public static ImageLayout Of(FileContainer container, double? testFraction, bool byClient, CancellationToken cancellationToken)
    {
        var images = new Dictionary<string, ImagePath>(StringComparer.Ordinal);
        ListedImages? list = null;
        foreach (var file in container.Files(cancellationToken))
        {
            if (ListedImages.IsOne(file))
            {
                list = list is null ? ListedImages.Read(file) : throw new DatasetException($"{file.Place}: there is another beside it; name the folder of one client");
                continue;
            }

            if ((testFraction is null ? ImagePath.Of(file, byClient) : ImagePath.OfUndivided(file, byClient)) is not { } image)
                continue;
            if (!images.TryAdd(file.Name, image))
                throw new DatasetException($"{file.Place}: there twice");
            if (file.Length > DatasetLimits.MaxImageFileLength)
            {
                throw new DatasetException(FormattableString.Invariant(
                    $"{file.Place}: {file.Length:N0} bytes; expected at most {DatasetLimits.MaxImageFileLength:N0}"));
            }
        }

        if (byClient && list is not null)
            throw new DatasetException($"partitioner: naturalid: {container.Path}: has the images of one client; expected another partitioner");
        if (testFraction is { } fraction)
            TakeTestImages(container.Path, images, fraction);
        if (list is not null)
            return new ImageLayout(list.Classes, list.Arrange(images), list.TrainCount, list.ValidationCount) { List = list };
        return Arrange(container.Path, images, byClient);
    }

    /// <summary>Where a file's image goes; false for what is no image of the data set.</summary>
    public bool TryGet(string name, out ImageSlot slot) => slots.TryGetValue(name, out slot);

    private static void TakeTestImages(string path, Dictionary<string, ImagePath> images, double fraction)
    {
        var classes = images.GroupBy(image => image.Value.Class, StringComparer.Ordinal).OrderBy(of => of.Key, StringComparer.Ordinal)
            .Select(of => (of.Key, of.Select(image => image.Key).Order(StringComparer.Ordinal).ToArray())).ToList();
        foreach (var name in TestShare.Draw(path, classes, fraction))
            images[name] = images[name] with { IsTrain = false };
    }

    private static ImageLayout Arrange(string path, Dictionary<string, ImagePath> images, bool byClient)
    {
        RequireOne(images, image => true, image => image.Top, (first, second) => $"images are below '{first}' and below '{second}'");
        foreach (var isTrain in new[] { true, false })
        {
            RequireOne(
                images, image => image.IsTrain == isTrain, image => image.Split,
                (first, second) => $"'{first}' and '{second}' are both for {(isTrain ? "training" : "testing")}; put the images into one of them");
        }

        var classes = images.Values.Where(image => image.IsTrain).Select(image => image.Class).Distinct().Order(StringComparer.Ordinal).ToList();
        if (classes.Count == 0)
            throw new DatasetException($"{path}: no training images; {ExpectedOf(byClient)}, or {ExpectedUndividedOf(byClient)} and a testFraction");
        if (classes.Count is < 2 or > DatasetLimits.MaxClasses)
            throw new DatasetException($"{path}: {classes.Count} classes to train on; expected 2 to {DatasetLimits.MaxClasses}");
        var forms = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in classes)
        {
            RequireOtherThan(path, name, forms);
            forms.Add(UnicodeForms.Decomposed(name), name);
        }

        if (images.Values.All(image => image.IsTrain))
            throw new DatasetException($"{path}: no test images; {ExpectedOf(byClient)}");

        var clients = new List<string>();
        var labels = classes.Select((name, label) => (name, label)).ToDictionary(StringComparer.Ordinal);
        var slots = new Dictionary<string, ImageSlot>(images.Count, StringComparer.Ordinal);
        var trainCount = Fill(isTrain: true);
        var testCount = Fill(isTrain: false);
        return new ImageLayout(classes, slots, trainCount, testCount) { Clients = byClient ? clients : null };

        int Fill(bool isTrain)
        {
            var position = 0;
            var ordered = images.Where(image => image.Value.IsTrain == isTrain)
                .OrderBy(image => image.Value.Class, StringComparer.Ordinal)
                .ThenBy(image => image.Value.Client, StringComparer.Ordinal)
                .ThenBy(image => image.Value.File, StringComparer.Ordinal);
            foreach (var (name, image) in ordered)
            {
                if (!labels.TryGetValue(image.Class, out var label))
                {
                    RequireOtherThan(path, image.Class, forms);
                    throw new DatasetException($"{path}: {EntryName.Printable(name)}: class '{EntryName.Printable(image.Class)}' has no training images; {ExpectedOf(byClient)}");
                }

                if (isTrain && image.Client is { } client)
                    clients.Add(client);
                slots.Add(name, new ImageSlot(isTrain, position++, (byte)label));
            }

            return position;
        }

        void RequireOne(
            Dictionary<string, ImagePath> images, Func<ImagePath, bool> filter, Func<ImagePath, string> part, Func<string, string, string> what)
        {
            var own = images.Where(image => filter(image.Value));
            if (own.Select(image => part(image.Value)).Distinct(StringComparer.Ordinal).Skip(1).Any())
            {
                var ordered = own.OrderBy(image => image.Key, StringComparer.Ordinal).ToList();
                var first = part(ordered[0].Value);
                var (name, other) = ordered.First(image => part(image.Value) != first);
                throw new DatasetException(
                    $"{path}: {EntryName.Printable(name)}: {what(EntryName.Printable(first), EntryName.Printable(part(other)))}; {ExpectedOf(byClient)}");
            }
        }
    }

    private static void RequireOtherThan(string path, string name, Dictionary<string, string> forms)
    {
        if (forms.TryGetValue(UnicodeForms.Decomposed(name), out var twin))
        {
            throw new DatasetException(
                $"{path}: the class '{EntryName.Printable(name)}' is written in two ways, with accents as characters of their own (as macOS does) " +
                $"and in one with their letters: '{EntryName.Printable(twin)}'. Rename one of the folders.");
        }
    }
}

/// <summary>An image's place in the data set.</summary>
/// <param name="IsTrain">Whether it is a training image.</param>
/// <param name="Position">Its index in its split.</param>
/// <param name="Label">Its class's index.</param>
internal readonly record struct ImageSlot(bool IsTrain, int Position, byte Label);
