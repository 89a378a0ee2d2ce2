using System.Buffers;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>A data set divided among clients, as artifacts under its recipe's digest: written once, read by every round.</summary>
/// <param name="store">Where the artifacts are.</param>
/// <param name="partitioners">What recipes can name.</param>
/// <param name="recent">Where what was written is kept for who reads it next in this process; null where nobody does.</param>
public sealed class PartitionedDataset(IArtifactStore store, Partitioners partitioners, RecentData? recent = null)
{
    // Each waits for the disk, which brings many files there in little more time than one. Of large ones a few fill it, and each is in memory meanwhile.
    private const int MostPutsAtOnce = 64;
    private const int FewestPutsAtOnce = 4;
    private const long MostBytesPutAtOnce = 64 << 20;

    // Of few clients each has much of the data set, and memory that is kept to be used again would be kept for long.
    private const int MostBytesUsedAgain = 16 << 20;

    private readonly WorkThreads threads = new();

    /// <summary>The manifest, if the data set was prepared already; otherwise null.</summary>
    /// <exception cref="ArtifactStoreException">The store can't be read.</exception>
    public Task<ArtifactReference?> FindAsync(DatasetRecipe recipe, CancellationToken cancellationToken) =>
        store.FindAsync(ArtifactNames.DatasetManifest(recipe.Digest()), cancellationToken);

    /// <summary>
    /// Divides a data set and writes it: every client's examples, the test set, and at last the manifest, so that whoever finds a
    /// manifest finds everything. Does nothing when the manifest is there.
    /// </summary>
    /// <param name="dataset">The decoded data set.</param>
    /// <param name="source">The kind of source that it came from.</param>
    /// <param name="recipe">How to divide it.</param>
    /// <param name="cancellationToken">Looked at between artifacts.</param>
    /// <returns>The <see cref="DatasetManifest"/>'s reference.</returns>
    /// <exception cref="ArgumentException">The recipe is for another data set or another version of this code.</exception>
    /// <exception cref="DatasetException">There are more clients than images, or the partitioner is not known.</exception>
    /// <exception cref="ArtifactCorruptException">An artifact is there with other content.</exception>
    /// <exception cref="ArtifactStoreException">The store can't be written.</exception>
    public async Task<ArtifactReference> PrepareAsync(
        ImageDataset dataset, string source, DatasetRecipe recipe, CancellationToken cancellationToken)
    {
        if (await FindAsync(recipe, cancellationToken) is { } prepared)
        {
            // What is found under a name has only itself to be held against.
            _ = await ReadManifestAsync(prepared, cancellationToken);
            return prepared;
        }

        if (recipe.SourceSha256 != dataset.Sha256)
            throw new ArgumentException($"the recipe is for the data set {recipe.SourceSha256}, this is {dataset.Sha256}", nameof(recipe));
        if (recipe.Version != DatasetRecipe.CurrentVersion)
        {
            throw new ArgumentException(
                $"the recipe is of version {recipe.Version}, this build makes {DatasetRecipe.CurrentVersion}", nameof(recipe));
        }

        var digest = recipe.Digest();
        var parts = partitioners.For(recipe.Partitioner)
            .Partition(TrainingImages.Of(dataset, recipe.Clients, recipe.Seed));
        var kept = AreToBeKept(dataset, parts) ? recent : null;
        var largest = Math.Max(1, (long)parts.Max(part => part.Length) * dataset.Train.RecordLength);
        var options = new ParallelOptions
        {
            CancellationToken = cancellationToken,
            MaxDegreeOfParallelism = (int)Math.Clamp(MostBytesPutAtOnce / largest, FewestPutsAtOnce, MostPutsAtOnce),
            TaskScheduler = threads,
        };
        ArtifactReference? test = null;
        IReadOnlyList<ClientPartition> together = [];
        List<ManifestPart>? manifestParts = null;
        for (var first = 0; first < parts.Count; first += ManifestClients.MostTogether)
        {
            var clients = await PutClientsAsync(first, Math.Min(ManifestClients.MostTogether, parts.Count - first));
            if (parts.Count <= ManifestClients.MostTogether)
                together = clients;
            else
                (manifestParts ??= []).Add(await PutPartAsync(digest, first, clients, cancellationToken));
        }

        var manifest = new DatasetManifest(recipe, source, dataset.Shape, dataset.Classes, together, test!, dataset.Test.Count) { ClientParts = manifestParts };
        if (ClassesOfNobody.Find(dataset.Train, dataset.Classes, parts) is { Count: > 0 } missing)
            manifest = manifest with { ClassesOfNobody = missing };
        manifest = manifest with
        {
            Columns = dataset.Columns,
            NaturalIds = dataset.NaturalIds?.Names,
            LabelCounts = (long)parts.Count * dataset.Classes.Count <= LabelCounts.MostKept ? LabelCounts.Of(dataset.Train, dataset.Classes.Count, parts) : null,
        };
        manifest = manifest with { Seal = DocumentSeal.Of(manifest) };
        return await store.PutAsync(ArtifactNames.DatasetManifest(digest), ContractJson.SerializeToUtf8(manifest), cancellationToken);

        // The test set is written beside the first clients' examples, as if it were those of one before them.
        async Task<ClientPartition[]> PutClientsAsync(int first, int count)
        {
            var clients = new ClientPartition[count];
            await Parallel.ForAsync(first == 0 ? -1 : first, first + count, options, async (index, cancellation) =>
            {
                if (index < 0)
                {
                    test = await PutAsync(ArtifactNames.TestData(digest), dataset.Test.Records, cancellation);
                    kept?.Keep(test, dataset.Test);
                    return;
                }

                var client = ClientNames.Of(index);
                var examples = dataset.Train.Choose(parts[index]);
                var data = await PutAsync(ArtifactNames.ClientData(digest, client), examples, cancellation);
                kept?.Keep(data, examples);
                var validation = ValidationExamples(parts[index].Length, recipe.ValidationFraction);
                clients[index - first] = new ClientPartition(index, client, data, parts[index].Length - validation, validation);
            });
            return clients;
        }
    }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="ArtifactCorruptException">It is no manifest, or not of the data set that its name says.</exception>
    /// <exception cref="ArtifactStoreException">The store can't be read.</exception>
    public async Task<DatasetManifest> ReadManifestAsync(ArtifactReference manifest, CancellationToken cancellationToken)
    {
        var content = await ReadAsync(manifest, () => store.ReadAsync(manifest, cancellationToken));
        try
        {
            var read = ContractJson.Deserialize<DatasetManifest>(content);
            return IsOf(read, manifest.Name) ? read : throw Damaged(manifest, "it is not what its recipe gives");
        }
        catch (System.Text.Json.JsonException)
        {
            throw Damaged(manifest, "it is no data set's manifest");
        }
    }

    /// <summary>Reads a client's examples.</summary>
    /// <param name="partition">The client's place in the federation.</param>
    /// <param name="shape">The shape of its images.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="ArtifactCorruptException">The content is not of that shape, or not of that many examples.</exception>
    /// <exception cref="ArtifactStoreException">The store can't be read.</exception>
    public async Task<ClientExamples> ReadClientAsync(
        ClientPartition partition, ImageShape shape, int classes, CancellationToken cancellationToken)
    {
        var all = await ReadExamplesAsync(
            partition.Data, shape, classes, (long)partition.TrainExamples + partition.ValidationExamples, cancellationToken);
        return new ClientExamples(
            all.Slice(0, partition.TrainExamples), all.Slice(partition.TrainExamples, partition.ValidationExamples));
    }

    /// <summary>Reads the central test set.</summary>
    /// <inheritdoc cref="ReadClientAsync" path="/exception"/>
    public Task<ImageExamples> ReadTestAsync(DatasetManifest manifest, CancellationToken cancellationToken) =>
        ReadExamplesAsync(manifest.Test, manifest.Shape, manifest.Classes.Count, manifest.TestExamples, cancellationToken);

    /// <summary>⌊examples · fraction⌋, and at least one left to train on.</summary>
    public static int ValidationExamples(int examples, double fraction)
    {
        // In decimal, so that 0.29 of 100 is 29 and not ⌊28.999…⌋.
        var share = (int)Math.Floor(examples * (decimal)fraction);
        return Math.Min(share, examples - 1);
    }

    private async Task<ManifestPart> PutPartAsync(string digest, int first, ClientPartition[] clients, CancellationToken cancellationToken)
    {
        var content = ContractJson.SerializeToUtf8(new ManifestClientList(clients));
        return new ManifestPart(first, clients.Length, await PutAsync(ArtifactNames.DatasetManifestPart(digest, first), content, cancellationToken));
    }

    private async Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var expected = ArtifactReference.Of(name, content.Span);
        return await store.PutAsync(expected, content, cancellationToken) == expected
            ? expected
            : throw new ArtifactCorruptException(
                $"{name}: there with other content than its recipe gives; delete the data set's artifacts and prepare it again");
    }

    private async Task<ImageExamples> ReadExamplesAsync(
        ArtifactReference data, ImageShape shape, int classes, long count, CancellationToken cancellationToken)
    {
        try
        {
            var examples = await ReadAsync(data, async () => recent is null
                ? new ImageExamples(await store.ReadAsync(data, cancellationToken), shape, classes)
                : await recent.ReadAsync(data, shape, classes, cancellationToken));
            return examples.Count == count
                ? examples
                : throw Damaged(data, FormattableString.Invariant($"{examples.Count} examples, expected {count}"));
        }
        catch (InvalidDataException exception)
        {
            throw Damaged(data, exception.Message);
        }
    }

    /// <summary>The store compares what it reads with the digest in the manifest, each time.</summary>
    private static async Task<TContent> ReadAsync<TContent>(ArtifactReference reference, Func<Task<TContent>> read)
    {
        try
        {
            return await read();
        }
        catch (ArtifactCorruptException exception)
        {
            throw Damaged(reference, exception.Message);
        }
    }

    /// <summary>Whether a manifest lies under its recipe's digest, and has the clients that the recipe asks for.</summary>
    private static bool IsOf(DatasetManifest manifest, string name) =>
        ArtifactNames.DatasetManifest(manifest.Recipe.Digest()) == name
        && HasWholeParts(manifest)
        && manifest.ClientCount == manifest.Recipe.Clients
        && AreOf(manifest.Recipe, manifest.Clients, first: 0);

    private static bool HasWholeParts(DatasetManifest manifest)
    {
        var first = 0;
        foreach (var part in manifest.ClientParts ?? [])
        {
            if (part.First != first || part.Count is < 1 or > ManifestClients.MostTogether)
                return false;
            first += part.Count;
        }

        return true;
    }

    /// <summary>Whether clients are those from a place on, and keep for validation what the recipe says.</summary>
    internal static bool AreOf(DatasetRecipe recipe, IReadOnlyList<ClientPartition> clients, int first) => clients.Index().All(client =>
        client.Item.Index == first + client.Index
        && client.Item.ValidationExamples == ValidationExamples(client.Item.TrainExamples + client.Item.ValidationExamples, recipe.ValidationFraction));

    /// <summary>What is thrown where a part of a divided data set can't be used, with what to do about it.</summary>
    internal static ArtifactCorruptException Damaged(ArtifactReference artifact, string why) => new(
        $"{artifact.Name}: damaged: {why}. Delete {string.Join('/', artifact.Name.Split('/').Take(2))}/ in the artifact store: " +
        "the next federation on this data divides it anew.");

    /// <summary>Whether clients' examples can stay in memory as views of the data set, all of which stays with them; not where they are little of it.</summary>
    private bool AreToBeKept(ImageDataset dataset, IReadOnlyList<int[]> parts)
    {
        var chosen = parts.Sum(part => (long)part.Length);
        var bytes = (((long)dataset.Train.Count + dataset.Test.Count) * dataset.Train.RecordLength) + (chosen * sizeof(int));
        return recent?.HasRoomFor(parts.Count + 1, bytes) == true && chosen >= dataset.Train.Count / 2;
    }

    /// <summary>Puts examples together and writes them.</summary>
    private async Task<ArtifactReference> PutAsync(string name, ImageExamples examples, CancellationToken cancellationToken)
    {
        var length = checked(examples.Count * examples.RecordLength);
        if (length > MostBytesUsedAgain)
            return await PutAsync(name, examples.Records, cancellationToken);

        // The memory is used again: to have pages cleared takes as long as to fill them. Not where writing was cut off: a request that is called off may still read it.
        var rented = ArrayPool<byte>.Shared.Rent(length);
        examples.CopyRecords(rented);
        var put = await PutAsync(name, rented.AsMemory(0, length), cancellationToken);
        ArrayPool<byte>.Shared.Return(rented);
        return put;
    }
}

/// <summary>A client's images.</summary>
/// <param name="Train">Those that it trains on.</param>
/// <param name="Validation">Those that it evaluates on; possibly none.</param>
public readonly record struct ClientExamples(ImageExamples Train, ImageExamples Validation);
