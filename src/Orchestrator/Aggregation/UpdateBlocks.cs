using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// Lets a strategy go over all updates side by side, a range at a time: each is a file in the same form, so that a range is a part of it
/// (<see cref="IsReadInRanges"/>).
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
        var dataOffset = Safetensors.DataOffset<float>(global.Layout);
        var isRead = false;
        do
        {
            for (var first = 0; first < round.Parameters; first += round.RangeLength)
            {
                var length = Math.Min(round.RangeLength, round.Parameters - first);

                // Where one range is all, it is read once, however many passes there are.
                if (!isRead || length < round.Parameters)
                    await ReadAsync(dataOffset + ((long)first * sizeof(float)), length, values, cancellationToken);
                isRead = true;
                passes.See(
                    new UpdateBlock(first, global.Values.Slice(first, length), values.AsSpan(0, updates.Count * length)), next.AsSpan(first, length));
            }
        }
        while (!passes.EndPass());

        return next;
    }

    private async Task ReadAsync(long offset, int length, float[] values, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = ConcurrentReads };
        await Parallel.ForAsync(0, updates.Count, options, async (update, cancellation) =>
        {
            var bytes = new byte[length * sizeof(float)];
            await store.ReadRangeAsync(updates[update], offset, bytes, cancellation);
            MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values.AsSpan(update * length, length));
        });
    }
}
