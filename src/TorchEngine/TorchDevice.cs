using System.Globalization;
using TorchSharp;

namespace FlDurable.TorchEngine;

/// <summary>What an engine computes on: one device for every client.</summary>
/// <param name="Device">The device; the CPU where there is a problem.</param>
/// <param name="Problem">Why the device that was asked for can't be had; null when it can.</param>
internal sealed record TorchDevice(torch.Device Device, string? Problem)
{
    /// <summary>The environment variable that asks for a device: <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
    public const string Variable = "FLDURABLE_TORCH_DEVICE";

    private const string Cpu = "cpu";
    private const string Cuda = "cuda";

    /// <summary>Finds a device. The native library must be loaded.</summary>
    /// <param name="asked">Its name; null for the first CUDA device, or the CPU where there is none.</param>
    public static TorchDevice Find(string? asked)
    {
        var available = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        var name = string.IsNullOrEmpty(asked) ? available > 0 ? Cuda : Cpu : asked;
        if (name == Cpu)
            return new(torch.CPU, Problem: null);
        if (CudaIndex(name) is not { } index)
            return new(torch.CPU, $"{Variable} is '{asked}', expected {Cpu}, {Cuda} or {Cuda}:N");
        return index < available
            ? new(new torch.Device(DeviceType.CUDA, index), Problem: null)
            : new(torch.CPU, $"{Variable} is '{asked}', but TorchSharp finds {available} CUDA devices here; "
                + "it needs a driver and a build with -p:TorchPackage=TorchSharp-cuda-linux (docs/engines.md)");
    }

    private static int? CudaIndex(string name)
    {
        if (name == Cuda)
            return 0;
        var hasIndex = name.StartsWith(Cuda + ":", StringComparison.Ordinal);
        return hasIndex && int.TryParse(name.AsSpan(Cuda.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;
    }
}
