using System.Diagnostics;
using FlDurable.TorchEngine.Native;
using FlDurable.TorchEngine.Tests.Support;

namespace FlDurable.TorchEngine.Tests.Native;

/// <summary>In processes of their own: what is loaded once stays loaded.</summary>
public sealed class OptInTests
{
    [Fact]
    public async Task Without_the_opt_in_an_old_standard_library_is_the_reason_in_one_line()
    {
        var reason = await AskAsync(compat: null);

        if (SystemIsNewEnough())
            Assert.Equal("", reason);
        else
            Assert.Matches($"^TorchSharp needs GLIBCXX_3.4.32, .* Debian 13 .*; {TorchLibrary.CompatVariable}=1 loads it .*$", reason);
    }

    [Fact]
    public async Task With_the_opt_in_there_is_no_reason() => Assert.Equal("", await AskAsync(compat: "1"));

    private static bool SystemIsNewEnough()
    {
        if (!OperatingSystem.IsLinux())
            return true;
        // .NET itself is linked to it.
        var library = File.ReadLines("/proc/self/maps").First(line => line.Contains("libstdc++.so", StringComparison.Ordinal)).Split(' ')[^1];
        return File.ReadAllBytes(library).AsSpan().IndexOf("GLIBCXX_3.4.32\0"u8) >= 0;
    }

    private static async Task<string> AskAsync(string? compat)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(typeof(OptInTests).Assembly.Location);
        start.Environment[Startup.OnlyAskVariable] = "1";
        start.Environment[TorchLibrary.CompatVariable] = compat;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
