using System.Text;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Pickles;

namespace FlDurable.Shared.Datasets.Sources.Cifar;

/// <summary>What a batch of CIFAR's Python version holds: a dictionary with an array of pixels and a list of labels.</summary>
/// <param name="Labels">A label for each image.</param>
/// <param name="Pixels">The images, one behind the other.</param>
internal sealed record PickledBatch(IReadOnlyList<byte> Labels, ReadOnlyMemory<byte> Pixels)
{
    /// <summary>Reads a batch.</summary>
    /// <param name="file">The pickle.</param>
    /// <param name="labelsKey">Under which key the labels are.</param>
    /// <param name="imageLength">Bytes of an image.</param>
    /// <param name="classes">Labels are below this.</param>
    /// <exception cref="DatasetException">It is damaged, or anything else than such a batch.</exception>
    public static PickledBatch Read(ContainedFile file, string labelsKey, int imageLength, int classes)
    {
        var batch = ReadDictionary(file);
        if (batch.GetValueOrDefault("data") is not PickledArray { Type: "|u1", IsFortran: false, Shape: [var images, var length] } data || length != imageLength)
            throw Other(file, FormattableString.Invariant($"no 'data' of unsigned bytes in rows of {imageLength:N0}"));
        if (data.Content.Length != images * length)
            throw Other(file, FormattableString.Invariant($"{data.Content.Length:N0} bytes of pixels for {images:N0} images"));
        if (batch.GetValueOrDefault(labelsKey) is not List<object?> labels || labels.Count != images)
            throw Other(file, FormattableString.Invariant($"no '{labelsKey}' for {images:N0} images"));
        if (labels.FindIndex(label => label is not long value || value < 0 || value >= classes) is >= 0 and var wrong)
            throw Other(file, FormattableString.Invariant($"label {wrong:N0} of '{labelsKey}' is not 0 to {classes - 1}"));
        return new PickledBatch([.. labels.Select(label => (byte)(long)label!)], data.Content);
    }

    /// <summary>Reads the classes' names.</summary>
    /// <exception cref="DatasetException">It is damaged, or has no list of texts under the key.</exception>
    public static string[] ReadNames(ContainedFile file, string key) =>
        ReadDictionary(file).GetValueOrDefault(key) is List<object?> names && names.TrueForAll(name => name is PickledText)
            ? [.. names.Select(name => Encoding.UTF8.GetString(((PickledText)name!).Bytes.Span))]
            : throw Other(file, $"no list of names '{key}'");

    private static Dictionary<string, object?> ReadDictionary(ContainedFile file)
    {
        try
        {
            return PickleReader.Read(file.ReadAll(), new CifarVocabulary(), CancellationToken.None) as Dictionary<string, object?> ?? throw new InvalidDataException("no dictionary");
        }
        catch (InvalidDataException exception)
        {
            throw Other(file, exception.Message);
        }
    }

    private static DatasetException Other(ContainedFile file, string why) =>
        new($"{file.Place}: not as CIFAR's Python version has it: {why}. Files that another program saved again are not read; take the original archive.");
}
