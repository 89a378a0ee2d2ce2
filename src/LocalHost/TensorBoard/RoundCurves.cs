using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Curves;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.TensorBoard;

/// <summary>
/// Writes a federation's recorded rounds as curves for TensorBoard, each round once: what is recorded is the truth, and what the files lack of it is added,
/// also after a kill. Nothing that goes wrong here slows or fails the federation.
/// </summary>
internal sealed class RoundCurves
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly string folder;
    private readonly RecordedFederation federation;
    private readonly Action<string> tell;
    private readonly TimeProvider time;
    private int next;
    private EventFile? file;

    private RoundCurves(string folder, RecordedFederation federation, Action<string> tell, TimeProvider time)
    {
        this.folder = folder;
        this.federation = federation;
        this.tell = tell;
        this.time = time;
        next = (int)EventFile.LastStep(folder) + 1;
    }

    /// <summary>Prepares the folder of a federation, which has the federation's name: a branch has a folder of its own.</summary>
    /// <param name="directory">TensorBoard's directory.</param>
    /// <param name="id">The federation.</param>
    /// <param name="store">Where its records are.</param>
    /// <param name="tell">Is told once of what can't be written.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="UsageException">The folder can't be used.</exception>
    public static RoundCurves Open(string directory, string id, IArtifactStore store, Action<string> tell, TimeProvider time)
    {
        var folder = Path.Combine(directory, id);
        try
        {
            Directory.CreateDirectory(folder);
            return new RoundCurves(folder, new RecordedFederation(store, id), tell, time);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--tensorboard: '{folder}' can't be used: {exception.Message}", exception);
        }
    }

    /// <summary>Adds rounds as they are recorded, until <paramref name="work"/> has ended, and then those that are left.</summary>
    public async Task<T> WatchAsync<T>(Func<Task<T>> work)
    {
        using var over = new CancellationTokenSource();
        var watching = WatchAsync(over.Token);
        try
        {
            return await work();
        }
        finally
        {
            await over.CancelAsync();
            await watching;
        }
    }

    private async Task WatchAsync(CancellationToken over)
    {
        try
        {
            using var timer = new PeriodicTimer(Interval, time);
            do
                await CatchUpAsync();
            while (await TickAsync(timer, over));
            await CatchUpAsync();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArtifactStoreException or ArtifactCorruptException)
        {
            tell($"--tensorboard: '{folder}' has no rounds from {next} on: {exception.Message}; the same command adds them when that is mended");
        }
        finally
        {
            file?.Dispose();
        }
    }

    private static async Task<bool> TickAsync(PeriodicTimer timer, CancellationToken over)
    {
        try
        {
            return await timer.WaitForNextTickAsync(over);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task CatchUpAsync()
    {
        while (await federation.FindRecordAsync(next, CancellationToken.None) is { } record)
        {
            file ??= EventFile.Begin(folder, time.GetUtcNow());
            file.Add(time.GetUtcNow(), record.Round, RoundMeasure.AllOf(record).Select(measure => (measure.Name, measure.Value)));
            next++;
        }
    }
}
