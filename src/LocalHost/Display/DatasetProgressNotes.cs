using FlDurable.Shared.Datasets;

namespace FlDurable.LocalHost.Display;

/// <summary>How far the loading of a data set is, as a note every two seconds; nothing of a stage that is over sooner.</summary>
internal sealed class DatasetProgressNotes(Terminal terminal, TimeProvider time) : IProgress<DatasetProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private DatasetStage? stage;
    private long toldAt;

    public DatasetProgressNotes(Terminal terminal)
        : this(terminal, TimeProvider.System)
    {
    }

    public void Report(DatasetProgress value)
    {
        lock (gate)
        {
            if (value.Stage != stage)
                (stage, toldAt) = (value.Stage, time.GetTimestamp());
            if (time.GetElapsedTime(toldAt) < Interval)
                return;
            toldAt = time.GetTimestamp();
            terminal.Note(Describe(value));
        }
    }

    private static string Describe(DatasetProgress progress) => progress.Stage switch
    {
        DatasetStage.Downloading => $"downloading: {Megabytes(progress.Done)} of {Megabytes(progress.Total)} MB",
        DatasetStage.Decoding => $"decoding images: {Figures.Count(progress.Done)} of {Figures.Count(progress.Total)}",
        _ => $"making images: {Figures.Count(progress.Done)} of {Figures.Count(progress.Total)}",
    };

    private static string Megabytes(long bytes) => Figures.Count(bytes / 1_000_000);
}
