using System.Runtime.InteropServices;
using FlDurable.LocalHost.Display;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP: the first asks for a clean stop, the next one kills. SIGTSTP (Ctrl-Z) and SIGCONT hold the process and let it
/// go on, with the cursor shown in between.
/// </summary>
internal sealed partial class Interruption : IDisposable
{
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
        registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => terminal.TakeBack()));
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

    // .NET holds nothing once somebody listens to this signal; the one that nobody can listen to does.
    private void Hold(PosixSignalContext context)
    {
        terminal.Abandon();
        const int sigstopOnLinux = 19;
        const int sigstopElsewhere = 17;
        _ = Kill(Environment.ProcessId, OperatingSystem.IsLinux() ? sigstopOnLinux : sigstopElsewhere);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    private void OnSignal(PosixSignalContext context)
    {
        if (source.IsCancellationRequested)
        {
            terminal.Abandon();
            return; // the system does what it does with this signal: it ends the process
        }

        context.Cancel = true;
        exitCode = context.Signal switch
        {
            PosixSignal.SIGTERM => ExitCode.Terminated,
            PosixSignal.SIGHUP => ExitCode.HungUp,
            _ => ExitCode.Interrupted,
        };
        terminal.Note("stopping; once more kills");
        source.Cancel();
    }
}
