using System.Text;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets.Sources.Cifar;

/// <summary>CIFAR-10 or CIFAR-100 in a folder or an archive: the binary version, or Python's, of as many images as its batches have.</summary>
internal sealed class CifarSource(CifarForm form, string path, SourceForm wanted) : DividedFiles(
    form.Kind, form.What, decoderVersion: 1, FileContainer.Open(NearFiles.FolderOf(path, form.IsKnownBy), wanted.FollowsLinks), wanted)
{
    private const int MaxNamesLength = 1 << 20;

    private static readonly ImageShape Shape = new(3, 32, 32);

    private protected override ImageDataset Read(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var names = form.Classes;
        var batches = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Container.Files(cancellationToken))
        {
            var name = NearFiles.NameOf(file);
            var batch = form.BatchOf(name, out var isBinary);
            if (batch is null && name != form.BinaryNames && name != form.PythonNames)
                continue;
            if (!found.Add(batch ?? form.NamesKey))
                throw new DatasetException($"{file.Place}: there is a second {name}; expected one");
            if (batch is null)
            {
                names = ReadNames(file, isText: name == form.BinaryNames);
                continue;
            }

            batches.Add(batch, isBinary ? ReadBinary(file) : ReadPython(file));
            progress?.Report(new DatasetProgress(DatasetStage.Decoding, batches.Count, form.Train.Count + 1));
        }

        var missing = form.Batches.Where(name => !batches.ContainsKey(name)).ToList();
        if (missing.Count > 0)
        {
            throw new DatasetException(
                $"{Container.Path}: {string.Join(", ", missing)} missing; expected {form.What}'s binary version ({string.Join(", ", form.Batches.Select(name => $"{name}.bin"))}), " +
                "or Python's, with the same names and no ending");
        }

        DatasetLimits.RequireDecodable(Container.Path, form.Train.Sum(name => (long)batches[name].Length) / (1 + Shape.Length), Shape);
        var train = Joined(form.Train.Select(name => batches[name]).ToList());
        return new ImageDataset(names, new ImageExamples(train, Shape, names.Count), new ImageExamples(batches[form.Test], Shape, names.Count));
    }

    private byte[] ReadBinary(ContainedFile file)
    {
        var length = form.LabelBytes + Shape.Length;
        if (file.Length == 0 || file.Length % length != 0)
        {
            throw new DatasetException(FormattableString.Invariant(
                $"{file.Place}: {file.Length:N0} bytes; expected a multiple of {length:N0}, the bytes of a record. Get the file again."));
        }

        DatasetLimits.RequireDecodable(file.Place, file.Length / length, Shape);
        var content = file.ReadAll();
        return form.LabelBytes == 1
            ? Checked(file, content)
            : Checked(file, Records(content.Length / length, index => content[index * length + form.LabelAt], index => content.AsSpan(index * length + form.LabelBytes, Shape.Length)));
    }

    private byte[] ReadPython(ContainedFile file)
    {
        DatasetLimits.RequireDecodable(file.Place, file.Length / Shape.Length, Shape);
        var batch = PickledBatch.Read(file, form.LabelsKey, Shape.Length, form.Classes.Count);
        return Checked(file, Records(batch.Labels.Count, index => batch.Labels[index], index => batch.Pixels.Span.Slice(index * Shape.Length, Shape.Length)));
    }

    private byte[] Checked(ContainedFile file, byte[] records)
    {
        try
        {
            _ = new ImageExamples(records, Shape, form.Classes.Count);
            return records;
        }
        catch (InvalidDataException exception)
        {
            throw new DatasetException($"{file.Place}: {exception.Message}. Get the file again.", exception);
        }
    }

    private delegate ReadOnlySpan<byte> PixelsOf(int index);

    private static byte[] Records(int count, Func<int, byte> label, PixelsOf pixels)
    {
        var records = GC.AllocateUninitializedArray<byte>(count * (1 + Shape.Length));
        for (var index = 0; index < count; index++)
        {
            var record = records.AsSpan(index * (1 + Shape.Length), 1 + Shape.Length);
            record[0] = label(index);
            pixels(index).CopyTo(record[1..]);
        }

        return records;
    }

    private static byte[] Joined(List<byte[]> batches)
    {
        var all = GC.AllocateUninitializedArray<byte>(batches.Sum(batch => batch.Length));
        var at = 0;
        foreach (var batch in batches)
        {
            batch.CopyTo(all, at);
            at += batch.Length;
        }

        return all;
    }

    private string[] ReadNames(ContainedFile file, bool isText)
    {
        if (file.Length > MaxNamesLength)
            throw new DatasetException(FormattableString.Invariant($"{file.Place}: {file.Length:N0} bytes; expected {form.Classes.Count} names"));
        var names = isText
            ? Encoding.UTF8.GetString(file.ReadAll()).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : PickledBatch.ReadNames(file, form.NamesKey);
        if (names.Length != form.Classes.Count || names.Distinct(StringComparer.Ordinal).Count() != names.Length)
            throw new DatasetException($"{file.Place}: {names.Length} names; expected {form.Classes.Count} different ones{(isText ? ", one a line" : "")}");
        return names;
    }
}
