using System.ComponentModel;
using System.Diagnostics;
using FlDurable.TorchEngine.Native;

namespace FlDurable.TorchEngine.Tests;

/// <summary>What a driver of CUDA is asked of a device's memory: no machine of these tests has one.</summary>
public sealed class CudaMemoryTests : IDisposable
{
    // The calls of the driver's API that are made, on a device that has 10,000 bytes, of which 4,000 are free to whoever is in its context.
    private const string Driver =
        """
        static int inside, retained;
        int cuInit(unsigned flags) { return flags; }
        int cuDeviceGet(int *device, int ordinal) { *device = 7 + ordinal; return ordinal == 1 ? 0 : 101; }
        int cuDevicePrimaryCtxRetain(void **context, int device) { retained++; *context = (void *)42; return device == 8 ? 0 : 101; }
        int cuDevicePrimaryCtxRelease_v2(int device) { retained--; return device == 8 ? 0 : 101; }
        int cuCtxPushCurrent_v2(void *context) { inside = context == (void *)42; return inside ? 0 : 201; }
        int cuCtxPopCurrent_v2(void **context) { *context = (void *)42; inside = 0; return 0; }
        int cuMemGetInfo_v2(unsigned long *free, unsigned long *total) { *free = 4000; *total = 10000; return inside && retained == 1 ? 0 : 201; }
        """;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fldurable-cuda-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task What_is_not_free_is_in_use()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.Is64BitProcess, "the driver that is built here is one for Linux");
        var library = await BuildAsync();

        var driver = CudaMemory.Driver.Find(library)!;

        Assert.Equal(6_000, driver.FindUsedBytes(1));
        Assert.Equal(6_000, driver.FindUsedBytes(1)); // it has let go of what it took
        Assert.Null(driver.FindUsedBytes(0)); // there is no such device
    }

    [Theory]
    [InlineData("libcuda-that-is-not-there.so.1")]
    [InlineData("libc.so.6")]
    public void Without_a_driver_nothing_is_said(string library)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "these are Linux's names");
        Assert.Null(CudaMemory.Driver.Find(library));
    }

    [Fact]
    public void An_engine_that_has_computed_nothing_on_a_device_says_nothing_of_one() => Assert.Null(new TorchTrainingEngine([]).FindUsedBytes());

    private async Task<string> BuildAsync()
    {
        var (source, library) = (Path.Combine(folder.FullName, "driver.c"), Path.Combine(folder.FullName, "libdriver.so"));
        await File.WriteAllTextAsync(source, Driver, TestContext.Current.CancellationToken);
        try
        {
            using var compiler = Process.Start("cc", ["-shared", "-fPIC", "-o", library, source]);
            await compiler.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, compiler.ExitCode);
        }
        catch (Win32Exception)
        {
            Assert.Skip("there is no C compiler here");
        }

        return library;
    }
}
