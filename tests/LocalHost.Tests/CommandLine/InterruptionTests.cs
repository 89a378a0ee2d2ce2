using System.Runtime.InteropServices;
using System.Text;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;

namespace FlDurable.LocalHost.Tests.CommandLine;

public sealed class InterruptionTests
{
    [Fact]
    public void A_stderr_that_takes_nothing_keeps_no_process_from_being_stopped()
    {
        using var error = new BlockedWriter();
        using var interruption = new Interruption(new Terminal(TextWriter.Null, error, outputIsTerminal: false, errorIsTerminal: false));
        var first = new PosixSignalContext(PosixSignal.SIGTERM);
        var second = new PosixSignalContext(PosixSignal.SIGTERM);

        interruption.OnSignal(first);
        interruption.OnSignal(second);

        Assert.True(interruption.Token.IsCancellationRequested);
        Assert.True(first.Cancel);
        Assert.False(second.Cancel);
        Assert.Equal(ExitCode.Terminated, interruption.CodeOf(ExitCode.Interrupted));
    }

    /// <summary>As a full pipe that nobody reads, until disposed of.</summary>
    private sealed class BlockedWriter : TextWriter
    {
        private readonly TaskCompletionSource isOver = new();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => isOver.Task.GetAwaiter().GetResult();

        protected override void Dispose(bool disposing)
        {
            isOver.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
