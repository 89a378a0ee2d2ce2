using FlDurable.LocalHost.Display;
using FlDurable.Shared.Datasets;

namespace FlDurable.LocalHost.Data;

/// <summary>How far the loading of a data set is, as a note every two seconds and one at the end; nothing of a stage that is over sooner.</summary>
internal sealed class DatasetProgressNotes(Terminal terminal, TimeProvider time) : IProgress<DatasetProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private DatasetStage? stage;
    private long toldAt;
    private bool isHalfTold;

    public DatasetProgressNotes(Terminal terminal)
        : this(terminal, TimeProvider.System)
    {
    }

    public void Report(DatasetProgress value)
    {
        lock (gate)
        {
            if (value.Stage != stage)
                (stage, toldAt, isHalfTold) = (value.Stage, time.GetTimestamp(), false);
            var isEnd = isHalfTold && value.Done == value.Total; // or the last note would say that some are left
            if (time.GetElapsedTime(toldAt) < Interval && !isEnd)
                return;
            (toldAt, isHalfTold) = (time.GetTimestamp(), value.Done < value.Total);
            terminal.Note(Describe(value));
        }
    }

    private static string Describe(DatasetProgress progress) => progress.Stage switch
    {
        DatasetStage.Downloading => $"downloading: {Megabytes(progress.Done)} of {Megabytes(progress.Total)} MB",
        DatasetStage.Decoding => $"decoding images: {Figures.Count(progress.Done)} of {Figures.Count(progress.Total)}",
        DatasetStage.Caching => "writing what was read to the cache",
        _ => $"making images: {Figures.Count(progress.Done)} of {Figures.Count(progress.Total)}",
    };

    private static string Megabytes(long bytes) => Figures.Count(bytes / 1_000_000);
}
