using FlDurable.Shared.Randomness;

namespace FlDurable.ClientActivities;

/// <summary>
/// The batches in which a client meets its examples, the same for every engine: one stream of the federation's seed, the round and the
/// client shuffles them for each epoch on from the order of the one before.
/// </summary>
internal sealed class BatchOrder(TrainingTask task)
{
    private readonly RandomStream random = new(task.Seed, RandomPurpose.Shuffling, task.Round, task.Client);
    private readonly int[] order = [.. Enumerable.Range(0, task.Examples.Count)];

    /// <summary>The next epoch's batches. They are of this epoch until the next one is asked for.</summary>
    public Batches NextEpoch()
    {
        random.Shuffle<int>(order);
        return new Batches(order, task.Options.BatchSize);
    }

    /// <summary>Each example's index once, in batches of a size; the last one may be short.</summary>
    public ref struct Batches(ReadOnlySpan<int> order, int size)
    {
        private ReadOnlySpan<int> rest = order;

        /// <summary>The examples' indexes.</summary>
        public ReadOnlySpan<int> Current { get; private set; }

        public readonly Batches GetEnumerator() => this;

        public bool MoveNext()
        {
            Current = rest[..Math.Min(size, rest.Length)];
            rest = rest[Current.Length..];
            return !Current.IsEmpty;
        }
    }
}
