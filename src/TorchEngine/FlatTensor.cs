using System.Runtime.InteropServices;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace FlDurable.TorchEngine;

/// <summary>
/// All of a network's parameters, or their gradients, as one tensor in the layout's order, which a module's tensors are views of. The
/// host computes on it as on one buffer: on a CPU it is the same memory, on another device a copy that is brought over.
/// </summary>
internal sealed class FlatTensor : IDisposable
{
    private readonly int length;
    private readonly Tensor onHost;
    private readonly Tensor onDevice;

    /// <summary>Zeros.</summary>
    public FlatTensor(ParameterLayout layout, Device device)
    {
        length = layout.Length;
        onHost = zeros((long)LaneGroup.CountFor(length) * LaneGroup.Size).DetachFromDisposeScope();
        onDevice = device.type == DeviceType.CPU ? onHost : onHost.to(device).DetachFromDisposeScope();
    }

    /// <summary>The host's values. Memory goes on to the end of the last group of lanes.</summary>
    public Span<float> Values => MemoryMarshal.Cast<byte, float>(onHost.bytes)[..length];

    /// <summary>The device's memory of one tensor, in its shape.</summary>
    public Tensor View(TensorSlot slot)
    {
        using var part = onDevice.narrow(0, slot.Offset, slot.Length);
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

    private static void Copy(Tensor from, Tensor to)
    {
        if (!ReferenceEquals(from, to))
            to.copy_(from);
    }
}
