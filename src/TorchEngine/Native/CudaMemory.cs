using System.Runtime.InteropServices;

namespace FlDurable.TorchEngine.Native;

/// <summary>What a CUDA device's driver says of its memory: TorchSharp has no call that asks it.</summary>
internal static unsafe class CudaMemory
{
    private const int Done = 0;

    private static readonly Lazy<Driver?> Installed = new(() => Driver.Find(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1"));

    /// <summary>How many bytes of a device's memory are in use, by all processes.</summary>
    /// <param name="device">Which, as TorchSharp counts them.</param>
    /// <returns>Null if there is no driver, or it does not say.</returns>
    public static long? FindUsedBytes(int device) => Installed.Value?.FindUsedBytes(device);

    /// <summary>The driver's calls that this takes (CUDA Driver API).</summary>
    internal sealed class Driver
    {
        private readonly delegate* unmanaged<uint, int> initialize;
        private readonly delegate* unmanaged<int*, int, int> getDevice;
        private readonly delegate* unmanaged<nint*, int, int> retainContext;
        private readonly delegate* unmanaged<int, int> releaseContext;
        private readonly delegate* unmanaged<nint, int> pushContext;
        private readonly delegate* unmanaged<nint*, int> popContext;
        private readonly delegate* unmanaged<nuint*, nuint*, int> getMemory;

        private Driver(nint library)
        {
            initialize = (delegate* unmanaged<uint, int>)NativeLibrary.GetExport(library, "cuInit");
            getDevice = (delegate* unmanaged<int*, int, int>)NativeLibrary.GetExport(library, "cuDeviceGet");
            retainContext = (delegate* unmanaged<nint*, int, int>)NativeLibrary.GetExport(library, "cuDevicePrimaryCtxRetain");
            releaseContext = (delegate* unmanaged<int, int>)NativeLibrary.GetExport(library, "cuDevicePrimaryCtxRelease_v2");
            pushContext = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "cuCtxPushCurrent_v2");
            popContext = (delegate* unmanaged<nint*, int>)NativeLibrary.GetExport(library, "cuCtxPopCurrent_v2");
            getMemory = (delegate* unmanaged<nuint*, nuint*, int>)NativeLibrary.GetExport(library, "cuMemGetInfo_v2");
        }

        /// <summary>Loads it.</summary>
        /// <returns>Null if there is none that has the calls.</returns>
        public static Driver? Find(string name)
        {
            if (!NativeLibrary.TryLoad(name, out var library))
                return null;
            try
            {
                return new Driver(library);
            }
            catch (EntryPointNotFoundException)
            {
                return null;
            }
        }

        /// <inheritdoc cref="CudaMemory.FindUsedBytes"/>
        public long? FindUsedBytes(int device)
        {
            int handle;
            nint context;
            if (initialize(0) != Done || getDevice(&handle, device) != Done || retainContext(&context, handle) != Done)
                return null;
            try
            {
                return Measure(context);
            }
            finally
            {
                _ = releaseContext(handle);
            }
        }

        // It is asked of the context that the thread is in.
        private long? Measure(nint context)
        {
            if (pushContext(context) != Done)
                return null;
            nuint free, total;
            var isTold = getMemory(&free, &total) == Done;
            _ = popContext(&context);
            return isTold ? (long)(total - free) : null;
        }
    }
}
