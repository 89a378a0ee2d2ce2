using System.Collections.Concurrent;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>Seeded images for machines without data or network.</summary>
internal sealed class SyntheticSource(SyntheticParameters parameters, SourceForm form) : IDatasetSource
{
    /// <summary>Its name in specs and records.</summary>
    public const string KindName = "synthetic";

    private const int GeneratorVersion = 1;

    /// <inheritdoc/>
    public string Kind => KindName;

    /// <inheritdoc/>
    public string Argument => FormattableString.Invariant($"{KindName}:train={parameters.Train},test={parameters.Test},seed={parameters.Seed}");

    /// <inheritdoc/>
    public string Description => FormattableString.Invariant(
        $"synthetic images ({parameters.Train:N0} to train on, {parameters.Test:N0} to test on, seed {parameters.Seed}){form.Description}");

    /// <inheritdoc/>
    public bool IsMadeSoonerThanRead => form.Size is null;

    /// <inheritdoc/>
    public Task<string> FingerprintAsync(CancellationToken cancellationToken) =>
        Task.FromResult(SourceFingerprint.Of(Kind, GeneratorVersion, Argument + form.Identity));

    /// <inheritdoc/>
    public Task<ImageDataset> LoadAsync(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        Task.Run(() => Load(progress, cancellationToken), cancellationToken);

    private ImageDataset Load(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        if (form.TestFraction is not null)
            throw new DatasetException($"testFraction: {KindName} images have a test set of their own; expected none");
        var all = parameters.Train + parameters.Test;
        DatasetLimits.RequireDecodable(Description, (long)parameters.Train + parameters.Test, SyntheticImages.Shape);
        var train = GC.AllocateUninitializedArray<byte>(parameters.Train * SyntheticImages.Shape.RecordLength);
        var test = GC.AllocateUninitializedArray<byte>(parameters.Test * SyntheticImages.Shape.RecordLength);
        List<Block> blocks = [.. Block.Of(Split.Train, train), .. Block.Of(Split.Test, test)];
        using var hash = form.Size is null
            ? new HashInOrder(DecodedFormat.Header(SyntheticImages.Shape, SyntheticImages.Classes, parameters.Train, parameters.Test), [.. blocks.Select(block => block.Records)])
            : null;
        var done = 0;

        // One block after another, so that they are done nearly in order and are hashed while others are made.
        var inOrder = Partitioner.Create(Enumerable.Range(0, blocks.Count), EnumerablePartitionerOptions.NoBuffering);
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.ForEach(inOrder, options, index =>
        {
            Make(blocks[index]);
            hash?.IsDone(index);
            progress?.Report(new DatasetProgress(DatasetStage.Generating, Interlocked.Add(ref done, blocks[index].Count), all));
        });
        return new ImageDataset(SyntheticImages.Classes, form.Apply(Examples(train)), form.Apply(Examples(test)), hash?.Sha256());
    }

    private void Make(Block block)
    {
        for (var index = 0; index < block.Count; index++)
        {
            var record = block.Records.Span.Slice(index * SyntheticImages.Shape.RecordLength, SyntheticImages.Shape.RecordLength);
            var label = (block.First + index) % SyntheticImages.Classes.Count;
            record[0] = (byte)label;
            SyntheticImages.Draw(new RandomStream(parameters.Seed, RandomPurpose.SyntheticImages, (int)block.Split, block.First + index), label, record[1..]);
        }
    }

    private static ImageExamples Examples(byte[] records) => new(records, SyntheticImages.Shape, SyntheticImages.Classes.Count);

    /// <summary>What an image's random stream is drawn by, beside its index.</summary>
    private enum Split
    {
        Train = 0,
        Test = 1,
    }

    /// <summary>Some consecutive images of a split, made by one thread.</summary>
    private readonly record struct Block(Split Split, int First, Memory<byte> Records)
    {
        private const int Most = 1000;

        public int Count => Records.Length / SyntheticImages.Shape.RecordLength;

        public static IEnumerable<Block> Of(Split split, Memory<byte> records)
        {
            for (var first = 0; records.Length > 0; first += Most)
            {
                var length = Math.Min(Most * SyntheticImages.Shape.RecordLength, records.Length);
                yield return new Block(split, first, records[..length]);
                records = records[length..];
            }
        }
    }
}
