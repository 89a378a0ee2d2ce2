using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// Lets a strategy go over all updates side by side, a range at a time: each is a file in the same form, so that a range is a part of it
/// (<see cref="UpdateReader"/>). What no optimizer changes, such as a running mean, is no direction that anybody has moved in, nor may it be
/// a way to make others look far off: a strategy sees it as it was for all, and it becomes the median of what the clients have.
/// </summary>
/// <param name="store">Where the updates are.</param>
/// <param name="global">The parameters that the clients started from.</param>
/// <param name="updates">The updates, in the order of the selection.</param>
internal sealed class UpdateBlocks(IArtifactStore store, ModelParameters global, IReadOnlyList<ArtifactReference> updates)
{
    private const int ConcurrentReads = 8;

    private readonly BlockRound round = new(updates.Count, global.Layout.Length);

    /// <summary>The next global parameters.</summary>
    public async Task<double[]> ApplyAsync(IBlockAggregation aggregation, ServerState state, CancellationToken cancellationToken)
    {
        var next = new double[round.Parameters];
        var passes = aggregation.Begin(round with { Cancellation = cancellationToken }, state);
        var values = new float[updates.Count * Math.Min(round.RangeLength, round.Parameters)];
        var hashes = updates.Select(_ => IncrementalHash.CreateHash(HashAlgorithmName.SHA256)).ToArray();
        var medians = Statistics.Any() ? new double[round.Parameters] : [];
        var isRead = false;
        try
        {
            do
            {
                // Where one range is all, it is read once, however many passes there are.
                var reads = !isRead || round.RangeLength < round.Parameters;
                for (var first = 0; first < round.Parameters; first += round.RangeLength)
                {
                    var length = Math.Min(round.RangeLength, round.Parameters - first);
                    if (reads)
                    {
                        await ReadAsync(first, length, values, hashes, cancellationToken);
                        if (!isRead)
                            TakeMedians(first, length, values, medians);
                        HideStatistics(first, length, values);
                    }

                    cancellationToken.ThrowIfCancellationRequested(); // a pass that reads nothing asks nobody else
                    passes.See(
                        new UpdateBlock(first, global.Values.Slice(first, length), values.AsMemory(0, updates.Count * length)), next.AsSpan(first, length));
                }

                if (reads)
                    Check(hashes);
                isRead = true;
            }
            while (!passes.EndPass());
        }
        finally
        {
            Array.ForEach(hashes, hash => hash.Dispose());
        }

        foreach (var slot in Statistics)
            medians.AsSpan(slot.Offset, slot.Length).CopyTo(next.AsSpan(slot.Offset));
        return next;
    }

    private IEnumerable<TensorSlot> Statistics => global.Layout.Tensors.Where(slot => !slot.IsTrained);

    private IEnumerable<int> StatisticsOf(int first, int length) => Statistics.SelectMany(slot =>
    {
        var start = Math.Max(first, slot.Offset);
        return Enumerable.Range(start, Math.Max(0, Math.Min(first + length, slot.Offset + slot.Length) - start));
    });

    /// <summary>Takes the medians of what no optimizer changes: once, since no pass changes them.</summary>
    private void TakeMedians(int first, int length, ReadOnlySpan<float> values, double[] medians)
    {
        var column = new float[updates.Count];
        foreach (var index in StatisticsOf(first, length))
        {
            for (var update = 0; update < updates.Count; update++)
                column[update] = values[(update * length) + index - first];
            column.AsSpan().Sort();
            medians[index] = SortedColumns.Median(column);
        }
    }

    /// <summary>Leaves what no optimizer changes as it was for all.</summary>
    private void HideStatistics(int first, int length, Span<float> values)
    {
        foreach (var index in StatisticsOf(first, length))
        {
            for (var update = 0; update < updates.Count; update++)
                values[(update * length) + index - first] = global.Values[index];
        }
    }

    /// <summary>Reads a range of all updates, of the first with what stands before it, so that in a pass every byte of a file goes by.</summary>
    private async Task ReadAsync(int first, int length, float[] values, IncrementalHash[] hashes, CancellationToken cancellationToken)
    {
        var dataOffset = Safetensors.DataOffset<float>(global.Layout);
        var before = first == 0 ? dataOffset : 0;
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = ConcurrentReads };
        await Parallel.ForAsync(0, updates.Count, options, async (update, cancellation) =>
        {
            // What is made anew for each read is soon as much as all updates together.
            var rented = ArrayPool<byte>.Shared.Rent(before + (length * sizeof(float)));
            try
            {
                var bytes = rented.AsMemory(0, before + (length * sizeof(float)));
                await store.ReadRangeAsync(updates[update], dataOffset + ((long)first * sizeof(float)) - before, bytes, cancellation);
                hashes[update].AppendData(bytes.Span);
                bytes.Span[before..].CopyTo(MemoryMarshal.AsBytes(values.AsSpan(update * length, length)));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        });
    }

    /// <summary>A range has no hash of its own. What went by in a pass is held against what the update's client wrote, and what the leaf has read.</summary>
    private void Check(IncrementalHash[] hashes)
    {
        foreach (var (hash, update) in hashes.Zip(updates))
        {
            if (Convert.ToHexStringLower(hash.GetHashAndReset()) is var sha256 && sha256 != update.Sha256)
                throw new ArtifactCorruptException($"artifact '{update.Name}' is damaged: it has SHA-256 {sha256}, expected {update.Sha256}", update.Name);
        }
    }
}
