using System.Runtime.InteropServices;

namespace FlDurable.LocalHost.Display;

/// <summary>
/// The process's stdout or stderr on Unix. <see cref="Console"/>'s own stream takes what goes into a closed pipe for written, so that a
/// result that reached nobody would look like one that did.
/// </summary>
internal sealed partial class StandardStream : Stream
{
    private const int Interrupted = 4; // EINTR
    private const int TryAgainOnLinux = 11; // EAGAIN
    private const int TryAgainElsewhere = 35;
    private const short CanTakeMore = 4; // POLLOUT
    private const int ForEver = -1;

    private readonly int descriptor;

    private StandardStream(int descriptor) => this.descriptor = descriptor;

    /// <summary>A writer to stdout.</summary>
    public static (Stream Bytes, TextWriter Text) OpenOutput() => Open(1, Console.OpenStandardOutput);

    /// <summary>A writer to stderr.</summary>
    public static (Stream Bytes, TextWriter Text) OpenError() => Open(2, Console.OpenStandardError);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = WriteTo(descriptor, buffer, buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    break;
                case TryAgainOnLinux or TryAgainElsewhere: // another process that shares the pipe has asked it not to block
                    var poll = new PollRequest { Descriptor = descriptor, Events = CanTakeMore };
                    _ = Poll(ref poll, 1, ForEver);
                    break;
                case var error:
                    throw new IOException(Marshal.GetPInvokeErrorMessage(error));
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static (Stream Bytes, TextWriter Text) Open(int descriptor, Func<Stream> onWindows)
    {
        var bytes = OperatingSystem.IsWindows() ? onWindows() : new StandardStream(descriptor);
        return (bytes, new StreamWriter(bytes, Console.OutputEncoding) { AutoFlush = true });
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteTo(int descriptor, ReadOnlySpan<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollRequest request, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int Descriptor;
        public short Events;
        public short Result;
    }
}
