using System.Runtime.InteropServices;
using FlDurable.ClientActivities;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using static TorchSharp.torch;

namespace FlDurable.TorchEngine;

/// <summary>
/// The memory that batch after batch of images is brought into. Pixels lie side by side with all their channels ("channels last"), which
/// libtorch's convolutions are fastest on.
/// </summary>
/// <param name="shape">The shape of an image.</param>
/// <param name="size">Images at most.</param>
/// <param name="device">Where the batches are wanted.</param>
internal sealed unsafe class ImageBatch(ImageShape shape, int size, Device device) : IDisposable
{
    private static readonly float[] PixelValues = [.. Enumerable.Range(0, 256).Select(pixel => PixelScale.Of((byte)pixel))];

    private readonly Tensor images = empty(size, shape.Height, shape.Width, shape.Channels).DetachFromDisposeScope();
    private readonly Tensor labels = empty(size, dtype: ScalarType.Int64).DetachFromDisposeScope();

    /// <summary>Brings a batch in. The tensors belong to the current dispose scope, and hold this batch until the next one is brought in.</summary>
    /// <returns>Images <c>[n, channels, height, width]</c> and labels <c>[n]</c>.</returns>
    public (Tensor Images, Tensor Labels) Load(ImageExamples examples, ReadOnlySpan<int> batch)
    {
        var pixels = MemoryMarshal.Cast<byte, float>(images.bytes);
        var classes = MemoryMarshal.Cast<byte, long>(labels.bytes);
        for (var index = 0; index < batch.Length; index++)
        {
            classes[index] = examples.Label(batch[index]);
            if (shape.IsTable)
                examples.CopyNumbers(batch[index], pixels.Slice(index * shape.Length, shape.Length));
            else
                Interleave(examples.Pixels(batch[index]), pixels.Slice(index * shape.Length, shape.Length));
        }

        return (
            images.narrow(0, 0, batch.Length).permute(0, 3, 1, 2).to(device),
            labels.narrow(0, 0, batch.Length).to(device));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        images.Dispose();
        labels.Dispose();
    }

    private void Interleave(ReadOnlySpan<byte> planes, Span<float> pixels)
    {
        var plane = shape.Height * shape.Width;
        fixed (byte* from = planes[..shape.Length])
        fixed (float* to = pixels[..shape.Length], values = PixelValues)
        {
            for (var channel = 0; channel < shape.Channels; channel++)
            {
                var target = to + channel;
                for (var source = from + channel * plane; source < from + (channel + 1) * plane; source++, target += shape.Channels)
                    *target = values[*source];
            }
        }
    }
}
