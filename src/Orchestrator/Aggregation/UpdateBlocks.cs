using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// Lets a strategy go over all updates side by side, a range at a time: each is a file in the same form, so that a range is a part of it
/// (<see cref="IsReadInRanges"/>). What no optimizer changes, such as a running mean, is no direction that anybody has moved in, nor may it be
/// a way to make others look far off: a strategy sees it as it was for all, and it becomes the median of what the clients have.
/// </summary>
/// <param name="store">Where the updates are.</param>
/// <param name="global">The parameters that the clients started from.</param>
/// <param name="updates">The updates, in the order of the selection.</param>
internal sealed class UpdateBlocks(IArtifactStore store, ModelParameters global, IReadOnlyList<ArtifactReference> updates)
{
    private const int ConcurrentReads = 8;

    private readonly BlockRound round = new(updates.Count, global.Layout.Length);

    /// <summary>Whether an update's file is what is written of its parameters here. Another may have its tensors elsewhere.</summary>
    public static bool IsReadInRanges(ArtifactReference reference, ModelParameters update) =>
        Safetensors.Write(update) is var written && written.Length == reference.Length
        && Convert.ToHexStringLower(SHA256.HashData(written)) == reference.Sha256;

    /// <summary>The next global parameters.</summary>
    public async Task<double[]> ApplyAsync(IBlockAggregation aggregation, ServerState state, CancellationToken cancellationToken)
    {
        var next = new double[round.Parameters];
        var passes = aggregation.Begin(round, state);
        var values = new float[updates.Count * Math.Min(round.RangeLength, round.Parameters)];
        var isRead = false;
        do
        {
            for (var first = 0; first < round.Parameters; first += round.RangeLength)
            {
                var length = Math.Min(round.RangeLength, round.Parameters - first);

                // Where one range is all, it is read once, however many passes there are.
                if (!isRead || length < round.Parameters)
                {
                    await ReadAsync(first, length, values, cancellationToken);
                    LeaveStatistics(first, length, values);
                }

                isRead = true;
                passes.See(
                    new UpdateBlock(first, global.Values.Slice(first, length), values.AsSpan(0, updates.Count * length)), next.AsSpan(first, length));
            }
        }
        while (!passes.EndPass());

        foreach (var slot in Statistics)
            await TakeMediansAsync(slot, values, next, cancellationToken);
        return next;
    }

    private IEnumerable<TensorSlot> Statistics => global.Layout.Tensors.Where(slot => !slot.IsTrained);

    private void LeaveStatistics(int first, int length, Span<float> values)
    {
        foreach (var slot in Statistics)
        {
            var (start, end) = (Math.Max(first, slot.Offset), Math.Min(first + length, slot.Offset + slot.Length));
            for (var update = 0; start < end && update < updates.Count; update++)
                global.Values[start..end].CopyTo(values[((update * length) + start - first)..]);
        }
    }

    private async Task TakeMediansAsync(TensorSlot slot, float[] values, double[] next, CancellationToken cancellationToken)
    {
        var medians = new SortedColumns(updates.Count, SortedColumns.Median);
        for (var first = slot.Offset; first < slot.Offset + slot.Length; first += round.RangeLength)
        {
            var length = Math.Min(round.RangeLength, slot.Offset + slot.Length - first);
            await ReadAsync(first, length, values, cancellationToken);
            medians.See(
                new UpdateBlock(first, global.Values.Slice(first, length), values.AsSpan(0, updates.Count * length)), next.AsSpan(first, length));
        }
    }

    private async Task ReadAsync(int first, int length, float[] values, CancellationToken cancellationToken)
    {
        var offset = Safetensors.DataOffset<float>(global.Layout) + ((long)first * sizeof(float));
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = ConcurrentReads };
        await Parallel.ForAsync(0, updates.Count, options, async (update, cancellation) =>
        {
            var bytes = new byte[length * sizeof(float)];
            await store.ReadRangeAsync(updates[update], offset, bytes, cancellation);
            MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values.AsSpan(update * length, length));
        });
    }
}
