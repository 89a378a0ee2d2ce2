using FlDurable.Shared.Json;

namespace FlDurable.LocalHost.Serve;

/// <summary>A file to which lines are only added, each of which is on the disk when it is said to be added. Several processes may add to it.</summary>
/// <param name="path">The file.</param>
/// <param name="time">What waiting for another process is measured by.</param>
internal sealed class AppendedLines(string path, TimeProvider time) : IDisposable
{
    private const int Tries = 40;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim adding = new(1);
    private readonly List<WaitingLine> waiting = [];

    /// <summary>Makes sure that lines can be added; the file is made if it is not there.</summary>
    /// <exception cref="IOException">They can't.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not.</exception>
    public void Check() => Open().Dispose();

    /// <summary>Adds a line of JSON, or nothing.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public async Task AddAsync<T>(T line)
    {
        var own = new WaitingLine([.. ContractJson.SerializeToUtf8(line), (byte)'\n']);
        lock (waiting)
            waiting.Add(own);
        await adding.WaitAsync();
        try
        {
            if (!own.End.Task.IsCompleted)
                await AddWaitingAsync();
        }
        finally
        {
            adding.Release();
        }

        await own.End.Task;
    }

    /// <summary>Adds the lines of all who wait for the disk, which is flushed once for them.</summary>
    private async Task AddWaitingAsync()
    {
        WaitingLine[] all;
        lock (waiting)
        {
            all = [.. waiting];
            waiting.Clear();
        }

        try
        {
            await AppendAsync([.. all.SelectMany(line => line.Bytes)]);
            Array.ForEach(all, line => line.End.SetResult());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Array.ForEach(all, line => line.End.SetException(exception));
        }
    }

    /// <summary>Adds lines, or nothing. What another has left of a line, when there was no more room or no more power, is ended before.</summary>
    private async Task AppendAsync(byte[] lines)
    {
        await using var file = await OpenWhenFreeAsync();
        var end = file.Length;
        var isTorn = false;
        if (end > 0)
        {
            file.Position = end - 1;
            isTorn = file.ReadByte() != '\n';
        }

        file.Position = end;
        try
        {
            file.Write([.. isTorn ? "\n"u8 : [], .. lines]);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            file.SetLength(end);
            throw;
        }
    }

    // Another server of the same task hub may have it for a moment.
    private async Task<FileStream> OpenWhenFreeAsync()
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return Open();
            }
            catch (IOException) when (tries < Tries && File.Exists(path))
            {
                await Task.Delay(Pause, time);
            }
        }
    }

    // Each time anew: so the file can be moved away while the server runs. Elsewhere than on Windows, readers are not asked whether it is shared.
    private FileStream Open() => new(
        path, FileMode.OpenOrCreate, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None, bufferSize: 0);

    public void Dispose() => adding.Dispose();

    /// <summary>A line that is to be added.</summary>
    private sealed record WaitingLine(byte[] Bytes)
    {
        /// <summary>Ends when it is on the disk, or fails.</summary>
        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
