using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using FlDurable.ClientActivities;
using FlDurable.Shared.Rounds;

namespace FlDurable.Worker;

/// <summary>
/// Whether a worker's host answers it, and how much it does, for whoever watches over it: as instruments of the meter <see cref="MeterName"/>, whose labels are words of fixed lists. It says
/// nothing of data, federations or keys.
/// </summary>
public sealed class WorkerSigns : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "FlDurable.Worker";

    private const int MostMissed = 3;

    // From a small model's few milliseconds to hours.
    private static readonly InstrumentAdvice<double> Buckets = new() { HistogramBucketBoundaries = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200] };

    // Far more than a worker asks apart, whether it waits for work or renews what it has.
    private static readonly TimeSpan MostSilence = TimeSpan.FromMinutes(10);

    private readonly TimeProvider time;
    private readonly ConcurrentBag<BatchCount> counts = [];
    private readonly ConcurrentBag<IDeviceMemory> devices = [];
    private readonly Meter meter = new(MeterName);
    private readonly Histogram<double> waits;
    private readonly Histogram<double> pieces;
    private readonly Counter<long> bytes;
    private int missed;
    private long heard;

    /// <summary>Makes the instruments.</summary>
    /// <param name="time">The clock.</param>
    public WorkerSigns(TimeProvider time)
    {
        this.time = time;
        heard = time.GetTimestamp();
        waits = meter.CreateHistogram<double>("fldurable.worker.wait", "s", "How long a slot waited for work that it then took.", tags: null, Buckets);
        pieces = meter.CreateHistogram<double>("fldurable.worker.work", "s", "How long work took, by phase and by whether it was done.", tags: null, Buckets);
        meter.CreateObservableCounter("fldurable.worker.batches", () => counts.Sum(count => count.Batches), "{batch}", "Batches that were trained on.");
        meter.CreateObservableCounter("fldurable.worker.images", () => counts.Sum(count => count.Images), "{image}", "Images that were trained on, in each epoch anew.");
        meter.CreateObservableGauge(
            "fldurable.worker.device.memory", MeasureDevice, "By", "Bytes of the GPU's memory in use, by this process and all others; absent where none was computed on.");
        bytes = meter.CreateCounter<long>("fldurable.worker.transferred", "By", "Bytes of artifacts that were read from a host by HTTP, or sent to it.");
    }

    /// <summary>Whether the host answers: not if three calls in a row had no answer, or none was made for ten minutes.</summary>
    public bool IsWell => Volatile.Read(ref missed) < MostMissed && time.GetElapsedTime(Volatile.Read(ref heard)) < MostSilence;

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    /// <summary>Takes note of whether there is an answer.</summary>
    internal async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            var answer = await ask();
            Hear();
            return answer;
        }
        catch (NoAnswerException)
        {
            Interlocked.Increment(ref missed);
            throw;
        }
        catch (Exception exception) when (exception is LeaseOverException or RequestRefusedException)
        {
            Hear(); // an answer, too
            throw;
        }
    }

    /// <summary>A slot has waited for work.</summary>
    internal void Waited(TimeSpan howLong) => waits.Record(howLong.TotalSeconds);

    /// <summary>A slot has ended a piece of work.</summary>
    internal void Worked(RoundPhase phase, bool isDone, TimeSpan howLong) =>
        pieces.Record(howLong.TotalSeconds, new("phase", phase.Name), new("outcome", isDone ? "done" : "not done"));

    /// <summary>A slot begins: from now on it is told how it gets on.</summary>
    /// <param name="count">Counts what it trains on.</param>
    /// <param name="engines">What it can train with.</param>
    internal void Watch(BatchCount count, IEnumerable<ITrainingEngine> engines)
    {
        counts.Add(count);
        foreach (var device in engines.OfType<IDeviceMemory>())
            devices.Add(device);
    }

    /// <summary>Bytes have come from the host.</summary>
    internal void Read(long howMany) => bytes.Add(howMany, new KeyValuePair<string, object?>("direction", "read"));

    /// <summary>Bytes have gone to the host.</summary>
    internal void Sent(long howMany) => bytes.Add(howMany, new KeyValuePair<string, object?>("direction", "sent"));

    // All slots compute on one device.
    private IEnumerable<Measurement<long>> MeasureDevice() =>
        devices.Select(device => device.FindUsedBytes()).OfType<long>().Take(1).Select(used => new Measurement<long>(used));

    private void Hear()
    {
        Interlocked.Exchange(ref missed, 0);
        Interlocked.Exchange(ref heard, time.GetTimestamp());
    }
}
