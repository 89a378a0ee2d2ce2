using System.Runtime.CompilerServices;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities;

/// <summary>
/// A client's images, changed anew in each epoch: what becomes of one is a function of the federation's seed, the round, the client, the epoch and the
/// image, the same for every engine, since it is done to bytes before an engine has them.
/// </summary>
/// <param name="task">The client's training.</param>
/// <param name="augmentation">How images are changed.</param>
internal sealed unsafe class AugmentedImages(TrainingTask task, Augmentation augmentation)
{
    private readonly RandomStream random = new(task.Seed, RandomPurpose.Augmentation, task.Round, task.Client);
    private readonly uint[] draws = new uint[task.Examples.Count];
    private byte[] records = [];

    /// <summary>Draws what becomes of each image.</summary>
    public void NextEpoch()
    {
        foreach (ref var draw in draws.AsSpan())
            draw = random.NextUInt32();
    }

    /// <summary>The changed images of a batch, in its order. They are of this batch until the next one is asked for.</summary>
    /// <param name="batch">Their indexes among the client's images.</param>
    public ImageExamples Of(ReadOnlySpan<int> batch)
    {
        var examples = task.Examples;
        var length = batch.Length * examples.RecordLength;
        if (records.Length < length)
            records = GC.AllocateUninitializedArray<byte>(length);
        for (var index = 0; index < batch.Length; index++)
        {
            var from = examples.Record(batch[index]);
            var to = records.AsSpan(index * examples.RecordLength, examples.RecordLength);
            to[0] = from[0];
            Change(from[1..], to[1..], draws[batch[index]]);
        }

        return new ImageExamples(records.AsMemory(0, length), examples.Shape, examples.Classes);
    }

    /// <summary>
    /// Changes an image. Of the 32 random bits the lowest says whether it is flipped, the next 15 how far down the cut is, the other 16 how far to
    /// the right, each as a share of the 2 · pad + 1 places that there are.
    /// </summary>
    private void Change(ReadOnlySpan<byte> from, Span<byte> to, uint draw)
    {
        var (height, width) = (task.Examples.Shape.Height, task.Examples.Shape.Width);
        var places = 2 * (uint)augmentation.Pad + 1;
        var down = (int)(((draw >> 1) & 0x7FFF) * places >> 15) - augmentation.Pad;
        var right = (int)((draw >> 16) * places >> 16) - augmentation.Pad;
        var isFlipped = augmentation.Flip && (draw & 1) != 0;
        fixed (byte* source = from, target = to)
        {
            for (var plane = 0; plane < from.Length; plane += height * width)
            {
                for (var row = 0; row < height; row++)
                    CopyRow(source + plane + Mirrored(row + down, height) * width, target + plane + row * width, width, right, isFlipped);
            }
        }
    }

    /// <summary>Copies a row from so far to the right on, mirrored beyond its edges.</summary>
    private static void CopyRow(byte* from, byte* to, int width, int right, bool isFlipped)
    {
        var first = Math.Max(0, -right);
        var end = Math.Min(width, width - right);
        for (var column = 0; column < first; column++)
            to[column] = from[-(column + right)];
        Unsafe.CopyBlockUnaligned(to + first, from + first + right, (uint)(end - first));
        for (var column = end; column < width; column++)
            to[column] = from[2 * (width - 1) - (column + right)];
        if (isFlipped)
            new Span<byte>(to, width).Reverse();
    }

    /// <summary>A place beyond an edge, mirrored at the outermost one, which is not repeated.</summary>
    private static int Mirrored(int at, int length) => at < 0 ? -at : at >= length ? 2 * (length - 1) - at : at;
}
