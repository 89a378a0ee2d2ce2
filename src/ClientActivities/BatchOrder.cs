using FlDurable.Shared.Randomness;

namespace FlDurable.ClientActivities;

/// <summary>
/// The batches in which a client meets its examples, the same for every engine: one stream of the federation's seed, the round and the
/// client shuffles them for each epoch on from the order of the one before.
/// </summary>
internal sealed class BatchOrder(TrainingTask task)
{
    private readonly RandomStream random = new(task.Seed, RandomPurpose.Shuffling, task.Round, task.Client);
    private readonly bool mergesLastOne = task.Network.LooksAtBatches;
    private readonly int[] order = [.. Enumerable.Range(0, task.Examples.Count)];

    /// <summary>The most images that one of a task's batches has.</summary>
    public static int LargestBatch(TrainingTask task) =>
        Math.Min(task.Examples.Count, task.Options.BatchSize + (task.Options.BatchSize > 1 && task.Network.LooksAtBatches ? 1 : 0));

    /// <summary>The next epoch's batches. They are of this epoch until the next one is asked for.</summary>
    public Batches NextEpoch()
    {
        random.Shuffle<int>(order);
        return new Batches(order, task.Options.BatchSize, mergesLastOne);
    }

    /// <summary>Each example's index once, in batches of a size; the last one may be short.</summary>
    /// <param name="order">The indexes.</param>
    /// <param name="size">Examples in a batch.</param>
    /// <param name="mergesLastOne">
    /// Whether an example that would be left alone joins the batch before it: alone it has no statistics worth the name.
    /// </param>
    public ref struct Batches(ReadOnlySpan<int> order, int size, bool mergesLastOne = false)
    {
        private ReadOnlySpan<int> rest = order;

        /// <summary>The examples' indexes.</summary>
        public ReadOnlySpan<int> Current { get; private set; }

        public readonly Batches GetEnumerator() => this;

        public bool MoveNext()
        {
            var count = mergesLastOne && size > 1 && rest.Length == size + 1 ? rest.Length : Math.Min(size, rest.Length);
            Current = rest[..count];
            rest = rest[Current.Length..];
            return !Current.IsEmpty;
        }
    }
}
