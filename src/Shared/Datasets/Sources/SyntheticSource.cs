using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>Seeded images for machines without data or network.</summary>
internal sealed class SyntheticSource(SyntheticParameters parameters, SourceForm form) : IDatasetSource
{
    /// <summary>Its name in specs and records.</summary>
    public const string KindName = "synthetic";

    private const int GeneratorVersion = 1;
    private const int ProgressEvery = 1000;

    /// <inheritdoc/>
    public string Kind => KindName;

    /// <inheritdoc/>
    public string Argument => FormattableString.Invariant($"{KindName}:train={parameters.Train},test={parameters.Test},seed={parameters.Seed}");

    /// <inheritdoc/>
    public string Description => FormattableString.Invariant(
        $"synthetic images ({parameters.Train:N0} to train on, {parameters.Test:N0} to test on, seed {parameters.Seed}){form.Description}");

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
        DatasetLimits.RequireDecodable(Description, (long)parameters.Train + parameters.Test, SyntheticImages.Shape);
        var done = 0;
        var train = Make(Split.Train, parameters.Train);
        var test = Make(Split.Test, parameters.Test);
        return new ImageDataset(SyntheticImages.Classes, form.Apply(train), form.Apply(test));

        ImageExamples Make(Split split, int count)
        {
            var record = 1 + SyntheticImages.Shape.Length;
            var records = GC.AllocateUninitializedArray<byte>(count * record);
            var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
            Parallel.For(0, count, options, index =>
            {
                var label = index % SyntheticImages.Classes.Count;
                records[index * record] = (byte)label;
                var random = new RandomStream(parameters.Seed, RandomPurpose.SyntheticImages, (int)split, index);
                SyntheticImages.Draw(random, label, records.AsSpan(index * record + 1, SyntheticImages.Shape.Length));
                var made = Interlocked.Increment(ref done);
                if (made % ProgressEvery == 0 || made == parameters.Train + parameters.Test)
                    progress?.Report(new DatasetProgress(DatasetStage.Generating, made, parameters.Train + parameters.Test));
            });
            return new ImageExamples(records, SyntheticImages.Shape, SyntheticImages.Classes.Count);
        }
    }

    /// <summary>What an image's random stream is drawn by, beside its index.</summary>
    private enum Split
    {
        Train = 0,
        Test = 1,
    }
}
