using System.Runtime.InteropServices;
using FlDurable.LocalHost.Display;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP: the first asks for a clean stop, the next one kills. SIGTSTP (Ctrl-Z) and SIGCONT hold the process and let it
/// go on, with the cursor shown in between.
/// </summary>
internal sealed partial class Interruption : IDisposable
{
    // For a note to be written, and a cursor to be shown again, before the process ends or is held.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource source = new();
    private readonly Terminal terminal;
    private readonly List<PosixSignalRegistration> registrations = [];
    private int exitCode = ExitCode.Interrupted;

    public Interruption(Terminal terminal)
    {
        this.terminal = terminal;
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
            registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
        if (OperatingSystem.IsWindows())
            return;

        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Hold));
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => Tell(terminal.TakeBack)));
    }

    public CancellationToken Token => source.Token;

    /// <summary>The exit code of a command that was stopped: 128 and the number of the signal, as shells have it.</summary>
    public int CodeOf(int commandsCode) => commandsCode == ExitCode.Interrupted ? exitCode : commandsCode;

    public void Dispose()
    {
        foreach (var registration in registrations)
            registration.Dispose();
        source.Dispose();
    }

    /// <summary>What a signal that ends processes does.</summary>
    internal void OnSignal(PosixSignalContext context)
    {
        if (source.IsCancellationRequested)
        {
            Tell(terminal.Abandon);
            return; // the system does what it does with this signal: it ends the process
        }

        context.Cancel = true;
        exitCode = context.Signal switch
        {
            PosixSignal.SIGTERM => ExitCode.Terminated,
            PosixSignal.SIGHUP => ExitCode.HungUp,
            _ => ExitCode.Interrupted,
        };
        Tell(() => terminal.Note("stopping; once more kills"));
        source.Cancel();
    }

    // .NET holds nothing once somebody listens to this signal; the one that nobody can listen to does.
    private void Hold(PosixSignalContext context)
    {
        Tell(terminal.Abandon);
        const int sigstopOnLinux = 19;
        const int sigstopElsewhere = 17;
        _ = Kill(Environment.ProcessId, OperatingSystem.IsLinux() ? sigstopOnLinux : sigstopElsewhere);
    }

    // A pipe that nobody reads takes nothing, and must not keep the process from being stopped. On a thread of its own, since those of the pool
    // may all be busy.
    private static void Tell(Action write)
    {
        var writing = new Thread(() => write()) { IsBackground = true, Name = "tells of a signal" };
        writing.Start();
        writing.Join(Patience);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
