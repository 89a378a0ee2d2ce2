using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets.Sources.Parquet;

/// <summary>
/// Image files in the rows of Parquet files, as Hugging Face keeps data sets: a group <c>image</c> of <c>bytes</c> and <c>path</c>, and a label.
/// The files are gone through twice, once for their names; each is read whole, and decoded a group of rows at a time on all processors.
/// </summary>
internal sealed class ParquetSource(string path, SourceForm form)
    : FileSource(KindName, "images in Parquet files", decoderVersion: 1, ParquetFiles.At(path, form.FollowsLinks), form)
{
    /// <summary>Its name in specs and records.</summary>
    public const string KindName = "parquet";

    /// <inheritdoc/>
    public override bool TellsClients => true;

    private protected override ImageDataset Load(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        LoadRowsAsync(progress, cancellationToken).GetAwaiter().GetResult();

    private async Task<ImageDataset> LoadRowsAsync(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var shards = ParquetShard.In(Container, isDivided: Form.TestFraction is null, cancellationToken);
        var rows = new ParquetRows(Form, progress);
        var read = new Dictionary<ParquetShard, ParquetPart>();
        IReadOnlyDictionary<string, IReadOnlyList<string>>? ofPage = null;
        foreach (var file in Container.Files(cancellationToken))
        {
            if (shards.FirstOrDefault(shard => shard.Name == file.Name) is { } shard)
                read[shard] = await rows.ReadAsync(file, cancellationToken);
            else if (file.Name == ParquetFiles.Page || (file.Name.EndsWith($"/{ParquetFiles.Page}", StringComparison.Ordinal) && ofPage is null))
                ofPage = HubNames.OfPage(file.ReadAll());
        }

        if (read.Count < shards.Count)
            throw new DatasetException($"{Container.Path}: changed while it was read. Try again when it stays as it is.");
        var train = shards.Where(shard => shard.IsTrain).Select(shard => read[shard]).ToList();
        var test = shards.Where(shard => !shard.IsTrain).Select(shard => read[shard]).ToList();
        if (train.Sum(part => part.Labels.Count) == 0)
            throw new DatasetException($"{Container.Path}: no rows to train on");
        var shape = rows.Shape!.Value;
        DatasetLimits.RequireDecodable(Container.Path, train.Concat(test).Sum(part => (long)part.Labels.Count), shape);
        var classes = ParquetClasses.Of(Container.Path, train, test, ofPage);
        var (trained, tested) = (Together(train, classes, shape), Together(test, classes, shape));
        var clients = Form.By is null ? null : train.SelectMany(part => part.Clients!).ToList();
        if (Form.TestFraction is { } fraction)
            (trained, tested, clients) = Divide(trained, classes, shape, fraction, clients);
        if (!rows.HasColour)
        {
            (trained, tested) = (ImageRecords.FirstChannel(trained, shape), ImageRecords.FirstChannel(tested, shape));
            shape = new ImageShape(1, shape.Height, shape.Width);
        }

        return new ImageDataset(classes.Names, new ImageExamples(trained, shape, classes.Names.Count), new ImageExamples(tested, shape, classes.Names.Count))
        {
            NaturalIds = clients is null ? null : NaturalIds.Of(clients),
        };
    }

    /// <summary>The records of all parts, with their labels.</summary>
    private static byte[] Together(IReadOnlyList<ParquetPart> parts, ParquetClasses classes, ImageShape shape)
    {
        var record = 1 + shape.Length;
        var all = GC.AllocateUninitializedArray<byte>(parts.Sum(part => part.Labels.Count) * record);
        var at = 0;
        foreach (var part in parts)
        {
            for (var row = 0; row < part.Labels.Count; row++, at += record)
            {
                all[at] = classes.LabelOf(part, row);
                part.Pixels(row).CopyTo(all.AsSpan(at + 1));
            }
        }

        return all;
    }

    private (byte[] Train, byte[] Test, List<string>? Clients) Divide(byte[] records, ParquetClasses classes, ImageShape shape, double fraction, List<string>? clients)
    {
        var record = 1 + shape.Length;
        var byClass = Enumerable.Range(0, records.Length / record).GroupBy(index => records[index * record]).OrderBy(of => of.Key)
            .Select(of => (classes.Names[of.Key], of.ToArray())).ToList();
        var tested = TestShare.Draw(Container.Path, byClass, fraction).ToHashSet();
        return (Pick(index => !tested.Contains(index)), Pick(tested.Contains), clients?.Where((_, index) => !tested.Contains(index)).ToList());

        byte[] Pick(Func<int, bool> isWanted)
        {
            var indices = Enumerable.Range(0, records.Length / record).Where(isWanted).ToList();
            var picked = new byte[indices.Count * record];
            foreach (var (place, index) in indices.Index())
                records.AsSpan(index * record, record).CopyTo(picked.AsSpan(place * record));
            return picked;
        }
    }
}

/// <summary>What a file's rows hold.</summary>
/// <param name="Place">What messages call the file.</param>
/// <param name="LabelColumn">The column of the labels.</param>
/// <param name="Labels">A label for each row: a text, or a whole number as one.</param>
/// <param name="AreTexts">Whether they are texts.</param>
/// <param name="Names">The names of the classes that the file itself has; null for none.</param>
/// <param name="Images">The images' pixels, three channels each, one behind the other, in pieces of so many rows as a group of the file has.</param>
/// <param name="Length">Bytes of an image.</param>
/// <param name="Clients">For each row what the data calls its client; null where that isn't asked.</param>
internal sealed record ParquetPart(
    string Place, string LabelColumn, IReadOnlyList<string> Labels, bool AreTexts, IReadOnlyList<string>? Names, IReadOnlyList<byte[]> Images, int Length,
    IReadOnlyList<string>? Clients)
{
    private readonly int[] firstRows = FirstRows(Images, Length);

    /// <summary>A row's pixels.</summary>
    public ReadOnlySpan<byte> Pixels(int row)
    {
        var found = Array.BinarySearch(firstRows, row);
        var group = found >= 0 ? found : ~found - 1;
        while (group + 1 < firstRows.Length && firstRows[group + 1] <= row)
            group++; // of groups without rows the last begins where the next does
        return Images[group].AsSpan((row - firstRows[group]) * Length, Length);
    }

    private static int[] FirstRows(IReadOnlyList<byte[]> images, int length)
    {
        var firsts = new int[images.Count];
        for (var group = 1; group < firsts.Length; group++)
            firsts[group] = firsts[group - 1] + images[group - 1].Length / length;
        return firsts;
    }
}
