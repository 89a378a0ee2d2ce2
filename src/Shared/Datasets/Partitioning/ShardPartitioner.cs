using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>
/// The images are sorted by class and cut into shards, of which each client gets some at random (McMahan et al., "Communication-efficient learning
/// of deep networks from decentralized data", AISTATS 2017: two shards of 300 for each of 100 clients). As Flower's <c>ShardPartitioner</c>.
/// </summary>
/// <param name="shardsPerPartition">How many shards a client gets; null: all shards are dealt, the first clients get one more.</param>
/// <param name="shardSize">How many images a shard has; null: as many as there can be.</param>
/// <param name="keepIncompleteShard">Whether the images that are left at the end make a shard.</param>
public sealed class ShardPartitioner(int? shardsPerPartition, int? shardSize = null, bool keepIncompleteShard = true) : IPartitioner
{
    private static readonly WholeNumberField ShardsPerPartition =
        new("shardsPerPartition", "How many shards a client gets; 0: all are dealt, the first clients get one more.", 0, 1_000_000) { Default = 2 };

    private static readonly WholeNumberField ShardSize =
        new("shardSize", "How many images a shard has; 0: as many as there can be.", 0, int.MaxValue) { Default = 0 };

    private static readonly FlagField KeepIncompleteShard =
        new("keepIncompleteShard", "Whether the images that are left at the end make a shard.") { Default = true };

    /// <summary>As specs name it.</summary>
    public static Partitioner Named { get; } = new(
        "shard", choice => new ShardPartitioner(OrNull(choice.Of(ShardsPerPartition)), OrNull(choice.Of(ShardSize)), choice.Of(KeepIncompleteShard)))
    {
        Options = [ShardsPerPartition, ShardSize, KeepIncompleteShard],
    };

    /// <inheritdoc/>
    public string Name => "shard";

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Partition(TrainingImages images)
    {
        Parts.RequireImageForEach(images);
        var random = new RandomStream(images.Seed, RandomPurpose.Partitioning);
        var sorted = new ImagesByClass(images, random).Sorted();
        var size = shardSize ?? sorted.Length / ((long)images.Clients * (shardsPerPartition ?? 1));
        if (size < 1)
            throw TooFew(images, sorted.Length);
        var count = (int)(keepIncompleteShard ? (sorted.Length + size - 1) / size : sorted.Length / size);
        var least = shardsPerPartition ?? count / images.Clients;
        if (least < 1 || (long)least * images.Clients > count)
            throw TooFew(images, count);
        var more = shardsPerPartition is null ? count % images.Clients : 0;

        var shards = Enumerable.Range(0, count).ToArray();
        random.Shuffle(shards.AsSpan());
        var parts = new Parts(images.Clients);
        var next = 0;
        for (var client = 0; client < images.Clients; client++)
        {
            for (var end = next + least + (client < more ? 1 : 0); next < end; next++)
            {
                var first = (int)(shards[next] * size);
                parts.Add(client, sorted.AsSpan(first, (int)Math.Min(size, sorted.Length - first)));
            }
        }

        return parts.Shuffled(random, "");
    }

    private static int? OrNull(long value) => value == 0 ? null : (int)value;

    private DatasetException TooFew(TrainingImages images, int shards) => Parts.Refused(FormattableString.Invariant(
        $"shard: {images.Labels.Length:N0} images make {shards:N0} shards{(shardSize is { } size ? FormattableString.Invariant($" of {size:N0}") : "")}; expected at least {(long)images.Clients * (shardsPerPartition ?? 1):N0} for {images.Clients:N0} clients"));
}
