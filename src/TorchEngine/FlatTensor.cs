using System.Runtime.InteropServices;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace FlDurable.TorchEngine;

/// <summary>
/// All of a network's parameters, or their gradients, as one tensor, which a module's tensors are views of: first those that are trained, in
/// the layout's order, then the others. The host computes on it as on one buffer: on a CPU it is the same memory, on another device a copy
/// that is brought over.
/// </summary>
internal sealed class FlatTensor : IDisposable
{
    private readonly ParameterLayout layout;
    private readonly Dictionary<TensorSlot, int> places = [];
    private readonly Tensor onHost;
    private readonly Tensor onDevice;

    /// <summary>Zeros.</summary>
    public FlatTensor(ParameterLayout layout, Device device)
    {
        this.layout = layout;
        var length = 0;
        foreach (var slot in layout.Tensors.Where(slot => slot.IsTrained))
            Place(slot, ref length);
        TrainedLength = length;
        length = WholeGroups(length);
        foreach (var slot in layout.Tensors.Where(slot => !slot.IsTrained))
            Place(slot, ref length);
        onHost = zeros(WholeGroups(length)).DetachFromDisposeScope();
        onDevice = device.type == DeviceType.CPU ? onHost : onHost.to(device).DetachFromDisposeScope();
    }

    /// <summary>How many values are trained. Memory goes on to the end of their last group of lanes.</summary>
    public int TrainedLength { get; }

    /// <summary>Whether there are others.</summary>
    public bool HasStatistics => layout.Tensors.Any(slot => !slot.IsTrained);

    /// <summary>The host's values.</summary>
    public Span<float> Values => MemoryMarshal.Cast<byte, float>(onHost.bytes);

    /// <summary>Takes values over, given in the layout's order.</summary>
    public void CopyFrom(ReadOnlySpan<float> values)
    {
        foreach (var slot in layout.Tensors)
            values.Slice(slot.Offset, slot.Length).CopyTo(Values[places[slot]..]);
    }

    /// <summary>Of values in the layout's order those that are trained, in the order that they have here; nothing of nothing.</summary>
    public float[] TrainedOf(ReadOnlySpan<float> values)
    {
        if (values.IsEmpty)
            return [];
        var trained = new float[TrainedLength];
        foreach (var slot in layout.Tensors.Where(slot => slot.IsTrained))
            values.Slice(slot.Offset, slot.Length).CopyTo(trained.AsSpan(places[slot]));
        return trained;
    }

    /// <summary>The values in the layout's order.</summary>
    public float[] ToLayout()
    {
        var values = new float[layout.Length];
        foreach (var slot in layout.Tensors)
            Values.Slice(places[slot], slot.Length).CopyTo(values.AsSpan(slot.Offset));
        return values;
    }

    /// <summary>The device's memory of one tensor, in its shape.</summary>
    public Tensor View(TensorSlot slot)
    {
        using var part = onDevice.narrow(0, places[slot], slot.Length);
        return part.view([.. slot.Shape.Select(size => (long)size)]);
    }

    /// <summary>Sets the device's values to 0.</summary>
    public void Clear() => onDevice.zero_();

    /// <summary>Brings the device's values to the host.</summary>
    public void ToHost() => Copy(onDevice, onHost);

    /// <summary>Brings the host's values to the device.</summary>
    public void ToDevice() => Copy(onHost, onDevice);

    /// <inheritdoc/>
    public void Dispose()
    {
        onDevice.Dispose();
        onHost.Dispose();
    }

    private static int WholeGroups(int length) => LaneGroup.CountFor(length) * LaneGroup.Size;

    private void Place(TensorSlot slot, ref int length)
    {
        places.Add(slot, length);
        length += slot.Length;
    }

    private static void Copy(Tensor from, Tensor to)
    {
        if (!ReferenceEquals(from, to))
            to.copy_(from);
    }
}
