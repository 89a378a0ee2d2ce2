using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace FlDurable.EndToEnd.Support;

/// <summary>A terminal without a screen: what a program draws on it can be read.</summary>
internal sealed partial class PseudoTerminal : IDisposable
{
    private const int ReadAndWrite = 2; // O_RDWR
    private const int NotOurs = 0x100; // O_NOCTTY on Linux

    private readonly FileStream screen;
    private readonly StringBuilder drawn = new();

    public PseudoTerminal()
    {
        var descriptor = Open(ReadAndWrite | NotOurs);
        if (descriptor < 0 || Grant(descriptor) != 0 || Unlock(descriptor) != 0)
            throw new InvalidOperationException($"no terminal: {Marshal.GetLastPInvokeErrorMessage()}");
        Path = Marshal.PtrToStringUTF8(NameOf(descriptor))!;
        screen = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);
        new Thread(Read) { IsBackground = true }.Start();
    }

    /// <summary>What a program opens.</summary>
    public string Path { get; }

    /// <summary>Everything that was drawn so far, with the commands among it.</summary>
    public string Drawn
    {
        get
        {
            lock (drawn)
                return drawn.ToString();
        }
    }

    /// <summary>Whether the cursor can be seen.</summary>
    public bool ShowsCursor => Drawn is var all && all.LastIndexOf("\u001b[?25l", StringComparison.Ordinal) <= all.LastIndexOf("\u001b[?25h", StringComparison.Ordinal);

    public void Dispose() => screen.Dispose();

    private void Read()
    {
        var buffer = new byte[4096];
        try
        {
            while (screen.Read(buffer) is > 0 and var read)
            {
                lock (drawn)
                    drawn.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // Nobody has it open any more.
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    private static partial int Open(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    private static partial int Grant(int descriptor);

    [LibraryImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    private static partial int Unlock(int descriptor);

    [LibraryImport("libc", EntryPoint = "ptsname", SetLastError = true)]
    private static partial nint NameOf(int descriptor);
}
