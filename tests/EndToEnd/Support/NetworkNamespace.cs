using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace FlDurable.EndToEnd.Support;

/// <summary>A network of its own, of Linux, in which processes can be started and sockets opened. It goes with the process that holds it; this machine's own network is left as it is.</summary>
internal sealed partial class NetworkNamespace : IAsyncDisposable
{
    private const int NetworkOfThread = 0x40000000; // CLONE_NEWNET

    private readonly Process holder;

    private NetworkNamespace(Process holder) => this.holder = holder;

    /// <summary>Its holder's id, which names it to <c>ip</c>.</summary>
    public int Id => holder.Id;

    private string Path => $"/proc/{Id}/ns/net";

    /// <summary>Whether whoever runs this may make one, and has what it takes.</summary>
    public static async Task<bool> CanBeMadeAsync()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", "command -v nsenter && unshare --net sh -c 'ip link add probe type bridge && ip link add probe0 type veth'"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }

    /// <summary>Makes one.</summary>
    public static async Task<NetworkNamespace> CreateAsync(CancellationToken cancellationToken)
    {
        var own = File.ResolveLinkTarget("/proc/self/ns/net", returnFinalTarget: false)!.Name;
        var made = new NetworkNamespace(Process.Start(new ProcessStartInfo("unshare", ["--net", "sleep", "3600"]))!);
        while (File.ResolveLinkTarget(made.Path, returnFinalTarget: false)?.Name == own)
            await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
        await made.RunAsync("ip link set lo up");
        return made;
    }

    /// <summary>What a shell does before it becomes a process in it.</summary>
    public string Enter => $"""exec nsenter --net={Path} "$@" """;

    /// <summary>Runs commands of a POSIX shell in it.</summary>
    public async Task RunAsync(string commands)
    {
        using var process = Process.Start(new ProcessStartInfo("nsenter", [$"--net={Path}", "sh", "-ec", commands]) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{commands}: {error}");
    }

    /// <summary>Bytes that have left it by an interface, with all that the network adds.</summary>
    public long SentBy(string card)
    {
        // Eight numbers of what was received, then those of what was sent.
        var line = File.ReadLines($"/proc/{Id}/net/dev").Single(line => line.TrimStart().StartsWith($"{card}:", StringComparison.Ordinal));
        return long.Parse(line.Split(':')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[8], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Opens a socket in it, which from then on is used like any other.</summary>
    public async Task<Socket> OpenAsync()
    {
        var opened = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle(Path);
                if (SetNamespace(file.DangerousGetHandle().ToInt32(), NetworkOfThread) != 0)
                    throw new InvalidOperationException($"setns: {Marshal.GetLastPInvokeErrorMessage()}");
                opened.SetResult(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            }
#pragma warning disable CA1031 // Whatever is wrong is told whoever waits for the socket.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                opened.SetException(exception);
            }
        });
        thread.Start();
        return await opened.Task;
    }

    public async ValueTask DisposeAsync()
    {
        holder.Kill();
        await holder.WaitForExitAsync(CancellationToken.None);
        holder.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int file, int kind);
}
