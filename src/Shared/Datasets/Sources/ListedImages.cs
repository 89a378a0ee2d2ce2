using System.Text.Json;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Json;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>An <see cref="ImageList"/> that was found among image files.</summary>
internal sealed class ListedImages
{
    private const int MaxLength = 300_000_000;

    private readonly string place;
    private readonly string folder;
    private readonly ImageList list;

    private ListedImages(string place, string folder, ImageList list)
    {
        this.place = place;
        this.folder = folder;
        this.list = list;
    }

    /// <summary>All classes' names, by label.</summary>
    public IReadOnlyList<string> Classes => list.Classes;

    /// <summary>Channels of each image.</summary>
    public int Channels => list.Channels;

    /// <summary>How many images there are to train on.</summary>
    public int TrainCount => list.Train.Count;

    /// <summary>How many there are to evaluate on.</summary>
    public int ValidationCount => list.Validation.Count;

    /// <summary>Whether a file is one, by its name: at the top, or in the one folder there.</summary>
    public static bool IsOne(ContainedFile file) =>
        NearFiles.NameOf(file) == ImageList.FileName && file.Name.Length - file.Name.Replace("/", "", StringComparison.Ordinal).Length <= 1;

    /// <summary>Reads one.</summary>
    /// <exception cref="DatasetException">It is none that this build can use.</exception>
    public static ListedImages Read(ContainedFile file)
    {
        if (file.Length > MaxLength)
            throw new DatasetException(FormattableString.Invariant($"{file.Place}: {file.Length:N0} bytes; expected at most {MaxLength:N0}"));
        ImageList list;
        try
        {
            list = ContractJson.Deserialize<ImageList>(file.ReadAll());
        }
        catch (JsonException exception)
        {
            throw Refused(file.Place, $"is no list of images ({exception.Message})", exception);
        }

        if (list.Version != ImageList.CurrentVersion)
            throw Refused(file.Place, FormattableString.Invariant($"is of version {list.Version}; expected {ImageList.CurrentVersion}"));
        if (list.Classes.Count is < 2 or > DatasetLimits.MaxClasses || list.Classes.Distinct(StringComparer.Ordinal).Count() < list.Classes.Count)
            throw Refused(file.Place, FormattableString.Invariant($"has {list.Classes.Count} classes; expected 2 to {DatasetLimits.MaxClasses}, each once"));
        if (list.Channels is not (1 or 3))
            throw Refused(file.Place, FormattableString.Invariant($"has {list.Channels} channels; expected 1 or 3"));
        if (list.Train.Count == 0)
            throw Refused(file.Place, "has no images to train on");
        return new ListedImages(file.Place, file.Name[..^ImageList.FileName.Length], list);
    }

    /// <summary>The place of each image in its split.</summary>
    /// <param name="images">The images that there are.</param>
    /// <exception cref="DatasetException">They are not exactly those of the list.</exception>
    public Dictionary<string, ImageSlot> Arrange(IReadOnlyDictionary<string, ImagePath> images)
    {
        var labels = Classes.Index().ToDictionary(of => of.Item, of => (byte)of.Index, StringComparer.Ordinal);
        var slots = new Dictionary<string, ImageSlot>(images.Count, StringComparer.Ordinal);
        Place(list.Train, isTrain: true);
        Place(list.Validation, isTrain: false);
        return images.Keys.FirstOrDefault(name => !slots.ContainsKey(name)) is { } other
            ? throw Refused(place, $"has no '{EntryName.Printable(other)}', which is there")
            : slots;

        void Place(IReadOnlyList<string> names, bool isTrain)
        {
            foreach (var (position, name) in names.Index())
            {
                if (!images.TryGetValue(folder + name, out var image))
                    throw Refused(place, $"has '{EntryName.Printable(name)}', which isn't there");
                if (image.IsTrain != isTrain)
                    throw Refused(place, $"has '{EntryName.Printable(name)}' among the images to {(isTrain ? "train" : "evaluate")} on");
                if (!labels.TryGetValue(image.Class, out var label))
                    throw Refused(place, $"has '{EntryName.Printable(name)}', but no class '{EntryName.Printable(image.Class)}'");
                if (!slots.TryAdd(folder + name, new ImageSlot(isTrain, position, label)))
                    throw Refused(place, $"has '{EntryName.Printable(name)}' twice");
            }
        }
    }

    /// <summary>What is thrown where the list tells of one channel and an image has a colour.</summary>
    public DatasetException OtherChannels() => Refused(place, "says that images have one channel; there is one with a colour");

    private static DatasetException Refused(string place, string why, Exception? exception = null) => new(
        $"{place}: {why}. Write the folder anew (fldurable partition --out), or take this file away: then classes and their order are those of the folders.", exception);
}
