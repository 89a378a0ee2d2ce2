using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Records;

namespace FlDurable.LanesEngine;

/// <summary>
/// Sets of images that go through one network, the next set's in the lanes that one leaves free: small sets would fill few of them each. What a lane
/// computes is its image's alone, so that a set's score is what it is by itself, to the bit.
/// </summary>
/// <param name="network">The network with its parameters.</param>
/// <param name="sets">The sets, of one shape.</param>
internal sealed class SetsTogether(LaneNetwork network, IReadOnlyList<ImageExamples> sets)
{
    private static readonly int[] All = [.. Enumerable.Range(0, BatchSlice.Images)];

    private readonly int classes = sets.Max(set => set.Classes);
    private readonly byte[] records = new byte[BatchSlice.Images * sets[0].RecordLength];
    private readonly int[] setOf = new int[BatchSlice.Images];
    private readonly ScoreSum[] sums = new ScoreSum[sets.Count];
    private int waiting;

    /// <summary>Scores each set.</summary>
    /// <param name="cancellationToken">Looked at between slices.</param>
    public IReadOnlyList<Metrics> Evaluate(CancellationToken cancellationToken)
    {
        for (var set = 0; set < sets.Count; set++)
        {
            for (var image = 0; image < sets[set].Count; image++)
            {
                sets[set].Record(image).CopyTo(records.AsSpan(waiting * sets[0].RecordLength));
                setOf[waiting++] = set;
                if (waiting == BatchSlice.Images)
                    ScoreWaiting(cancellationToken);
            }
        }

        if (waiting > 0)
            ScoreWaiting(cancellationToken);
        return [.. sums.Select(sum => sum.Total.ToMetrics())];
    }

    private void ScoreWaiting(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Span<Score> each = stackalloc Score[BatchSlice.Images];
        network.ScoreEach(new ImageExamples(records.AsMemory(0, waiting * sets[0].RecordLength), sets[0].Shape, classes), All.AsSpan(0, waiting), each);
        for (var image = 0; image < waiting; image++)
            sums[setOf[image]].Add(each[image]);
        waiting = 0;
    }

    /// <summary>The sum that a set alone has: of groups, and of slices of these.</summary>
    private struct ScoreSum
    {
        private Score group;
        private Score slice;
        private Score all;
        private int images;

        public readonly Score Total => all + (slice + group);

        public void Add(Score image)
        {
            group += image;
            images++;
            if (images % LaneGroup.Size == 0)
            {
                slice += group;
                group = default;
            }

            if (images % BatchSlice.Images == 0)
            {
                all += slice;
                slice = default;
            }
        }
    }
}
