using System.Runtime.InteropServices;
using FlDurable.LocalHost.Display;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>SIGINT and SIGTERM: the first asks for a clean stop, the next one kills.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly Terminal terminal;
    private readonly PosixSignalRegistration[] registrations;

    public Interruption(Terminal terminal)
    {
        this.terminal = terminal;
        registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        foreach (var registration in registrations)
            registration.Dispose();
        source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (source.IsCancellationRequested)
        {
            terminal.Abandon();
            return; // the system does what it does with this signal: it ends the process
        }

        context.Cancel = true;
        terminal.Note("stopping; once more kills");
        source.Cancel();
    }
}
