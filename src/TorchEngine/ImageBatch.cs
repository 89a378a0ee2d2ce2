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
internal sealed unsafe class ImageBatch : IDisposable
{
    private readonly ImageShape shape;
    private readonly Device device;
    private readonly float[][] pixelValues;
    private readonly Tensor images;
    private readonly Tensor labels;

    /// <param name="network">Whose images they are.</param>
    /// <param name="size">Images at most.</param>
    /// <param name="device">Where the batches are wanted.</param>
    public ImageBatch(Network network, int size, Device device)
    {
        shape = network.Input;
        this.device = device;
        pixelValues = shape.IsTable ? [] : [.. PixelScale.Of(network).Select(scale => Enumerable.Range(0, 256).Select(pixel => scale.Of((byte)pixel)).ToArray())];
        images = empty(size, shape.Height, shape.Width, shape.Channels).DetachFromDisposeScope();
        labels = empty(size, dtype: ScalarType.Int64).DetachFromDisposeScope();
    }

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
        fixed (float* to = pixels[..shape.Length])
        {
            for (var channel = 0; channel < shape.Channels; channel++)
            {
                fixed (float* values = pixelValues[channel])
                {
                    var target = to + channel;
                    for (var source = from + channel * plane; source < from + (channel + 1) * plane; source++, target += shape.Channels)
                        *target = values[*source];
                }
            }
        }
    }
}
