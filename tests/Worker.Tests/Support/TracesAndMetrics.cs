using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FlDurable.Worker.Tests.Support;

/// <summary>All that traces and metrics of this process tell, whoever's they are: host and workers of a test run in it.</summary>
internal sealed class TracesAndMetrics : IDisposable
{
    private readonly ConcurrentQueue<string> told = new();
    private readonly ActivityListener traces;
    private readonly MeterListener metrics = new();

    public TracesAndMetrics()
    {
        traces = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Take,
        };
        ActivitySource.AddActivityListener(traces);
        metrics.InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument);
        metrics.SetMeasurementEventCallback<byte>(Take);
        metrics.SetMeasurementEventCallback<short>(Take);
        metrics.SetMeasurementEventCallback<int>(Take);
        metrics.SetMeasurementEventCallback<long>(Take);
        metrics.SetMeasurementEventCallback<float>(Take);
        metrics.SetMeasurementEventCallback<double>(Take);
        metrics.SetMeasurementEventCallback<decimal>(Take);
        metrics.Start();
    }

    /// <summary>What was told so far, a line each.</summary>
    public IReadOnlyList<string> Told
    {
        get
        {
            metrics.RecordObservableInstruments();
            return [.. told];
        }
    }

    public void Dispose()
    {
        traces.Dispose();
        metrics.Dispose();
    }

    private void Take(Activity span) => told.Enqueue(
        $"span {span.Source.Name} {span.DisplayName} {span.StatusDescription} {Describe(span.TagObjects)} {string.Join(' ', span.Baggage)} "
        + string.Join(' ', span.Events.Select(one => $"{one.Name} {Describe(one.Tags)}")));

    private void Take<T>(Instrument instrument, T measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        told.Enqueue($"metric {instrument.Meter.Name} {instrument.Name} {instrument.Description} {measurement} {Describe(tags.ToArray())}");

    private static string Describe(IEnumerable<KeyValuePair<string, object?>> tags) => string.Join(' ', tags.Select(tag => $"{tag.Key}={tag.Value}"));
}
