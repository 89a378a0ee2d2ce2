using FlDurable.LocalHost.Data;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Datasets;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.LocalHost.Tests.Data;

public sealed class DatasetProgressNotesTests : IDisposable
{
    private readonly FakeTimeProvider time = new();
    private readonly StringWriter told = new();
    private readonly DatasetProgressNotes notes;

    public DatasetProgressNotesTests() =>
        notes = new DatasetProgressNotes(new Terminal(TextWriter.Null, told, outputIsTerminal: false, errorIsTerminal: false), time);

    public void Dispose() => told.Dispose();

    [Fact]
    public void Nothing_is_told_of_a_stage_that_is_soon_over()
    {
        Report(DatasetStage.Decoding, 0, after: 0);
        Report(DatasetStage.Decoding, 50, after: 1);
        Report(DatasetStage.Generating, 100, after: 1.5);

        Assert.Equal("", told.ToString());
    }

    [Fact]
    public void A_longer_one_is_told_of_now_and_then_and_once_that_it_is_over()
    {
        Report(DatasetStage.Decoding, 0, after: 0);
        Report(DatasetStage.Decoding, 60, after: 2);
        Report(DatasetStage.Decoding, 90, after: 1);
        Report(DatasetStage.Decoding, 100, after: 0.5);
        Report(DatasetStage.Decoding, 100, after: 0.5);

        Assert.Equal(
            ["decoding images: 60 of 100", "decoding images: 100 of 100"],
            told.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    private void Report(DatasetStage stage, long done, double after)
    {
        time.Advance(TimeSpan.FromSeconds(after));
        notes.Report(new DatasetProgress(stage, done, Total: 100));
    }
}
