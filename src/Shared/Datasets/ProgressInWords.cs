using System.Globalization;

namespace FlDurable.Shared.Datasets;

/// <summary>Progress as sentences: each stage when it begins, and then every two seconds how far it is.</summary>
internal sealed class ProgressInWords(IProgress<string> words, TimeProvider time) : IProgress<DatasetProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private DatasetStage? stage;
    private long toldAt;

    public void Report(DatasetProgress value)
    {
        lock (gate)
        {
            if (value.Stage == stage && time.GetElapsedTime(toldAt) < Interval)
                return;
            stage = value.Stage;
            toldAt = time.GetTimestamp();
            words.Report(Describe(value));
        }
    }

    private static string Describe(DatasetProgress progress) => progress.Stage switch
    {
        DatasetStage.Downloading => Format($"downloading: {progress.Done / 1e6:0} of {progress.Total / 1e6:0} MB"),
        DatasetStage.Decoding => Format($"decoding images: {progress.Done} of {progress.Total}"),
        _ => Format($"making images: {progress.Done} of {progress.Total}"),
    };

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
