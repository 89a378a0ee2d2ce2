using System.Text.Json;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Tests.Contracts;

public sealed class FailureKindsTests
{
    private const string Update = "updates/fed/000001/1/client.safetensors";
    private const string Data = "datasets/digest/clients/client-0.bin";

    private static readonly Dictionary<string, Exception> Exceptions = new(StringComparer.Ordinal)
    {
        ["told elsewhere"] = new KnownFailureException("why", FailureKind.HostForGood),
        ["an update is gone"] = new ArtifactMissingException("why", Update),
        ["data is gone"] = new ArtifactMissingException("why", Data),
        ["what is gone has no name"] = new ArtifactMissingException("why"),
        ["an update is damaged"] = new ArtifactCorruptException("why", Update),
        ["data is damaged"] = new ArtifactCorruptException("why", Data),
        ["what is damaged has no name"] = new ArtifactCorruptException("why"),
        ["the store is away"] = new ArtifactStoreException("why"),
        ["a download fails"] = new DownloadException("why"),
        ["a data set is damaged"] = new DatasetException("why"),
        ["a data set's disk is full"] = new DatasetException("why", new IOException("full")),
        ["a data set's file ends early"] = new DatasetException("why", new EndOfStreamException()),
        ["a file ends early"] = new EndOfStreamException(),
        ["a file is gone"] = new FileNotFoundException(),
        ["a folder is gone"] = new DirectoryNotFoundException(),
        ["the disk is full"] = new IOException("full"),
        ["it may not be written"] = new UnauthorizedAccessException(),
        ["no memory"] = new InsufficientMemoryException(),
        ["no such network"] = Record.Exception(() => new NetworkRegistry().Get("none"))!,
        ["no such library"] = new DllNotFoundException(),
        ["a library for another machine"] = new BadImageFormatException(),
        ["it diverged"] = new NotFiniteNumberException(),
        ["no parameters"] = new SafetensorsException("why"),
        ["no spec"] = new InvalidSpecException([new SpecError("rounds", "why")]),
        ["no such data"] = new InvalidDataException(),
        ["no JSON"] = new JsonException(),
        ["nobody waits"] = new WorkNotNeededException("why"),
        ["no answer in time"] = new TaskCanceledException("why", new TimeoutException()),
        ["it was cancelled"] = new OperationCanceledException(),
        ["a library could not be begun"] = new TypeInitializationException("Native", new DllNotFoundException()),
        ["several failed"] = new AggregateException(new IOException("full"), new InvalidOperationException()),
        ["none failed"] = new AggregateException(),
        ["nobody foresaw it"] = new InvalidOperationException(),
        ["a key is missed that names no part of the host"] = new KeyNotFoundException(),
    };

    [Theory]
    [InlineData("told elsewhere", FailureKind.HostForGood)]
    [InlineData("an update is gone", FailureKind.WorkForGood)]
    [InlineData("data is gone", FailureKind.HostForGood)]
    [InlineData("what is gone has no name", FailureKind.HostForGood)]
    [InlineData("an update is damaged", FailureKind.WorkForGood)]
    [InlineData("data is damaged", FailureKind.HostForGood)]
    [InlineData("what is damaged has no name", FailureKind.HostForGood)]
    [InlineData("the store is away", FailureKind.HostForNow)]
    [InlineData("a download fails", FailureKind.HostForNow)]
    [InlineData("a data set is damaged", FailureKind.HostForGood)]
    [InlineData("a data set's disk is full", FailureKind.HostForNow)]
    [InlineData("a data set's file ends early", FailureKind.HostForGood)]
    [InlineData("a file ends early", FailureKind.HostForGood)]
    [InlineData("a file is gone", FailureKind.HostForGood)]
    [InlineData("a folder is gone", FailureKind.HostForGood)]
    [InlineData("the disk is full", FailureKind.HostForNow)]
    [InlineData("it may not be written", FailureKind.HostForNow)]
    [InlineData("no memory", FailureKind.HostForNow)]
    [InlineData("no such network", FailureKind.HostForGood)]
    [InlineData("no such library", FailureKind.HostForGood)]
    [InlineData("a library for another machine", FailureKind.HostForGood)]
    [InlineData("it diverged", FailureKind.WorkForGood)]
    [InlineData("no parameters", FailureKind.WorkForGood)]
    [InlineData("no spec", FailureKind.WorkForGood)]
    [InlineData("no such data", FailureKind.WorkForGood)]
    [InlineData("no JSON", FailureKind.WorkForGood)]
    [InlineData("nobody waits", FailureKind.WorkForGood)]
    [InlineData("no answer in time", FailureKind.HostForNow)]
    [InlineData("it was cancelled", FailureKind.HostForNow)]
    [InlineData("a library could not be begun", FailureKind.HostForGood)]
    [InlineData("several failed", FailureKind.HostForNow)]
    [InlineData("none failed", FailureKind.Work)]
    [InlineData("nobody foresaw it", FailureKind.Work)]
    [InlineData("a key is missed that names no part of the host", FailureKind.Work)]
    public void An_exception_tells_whose_failure_it_is(string what, FailureKind kind) => Assert.Equal(kind, FailureKinds.Of(Exceptions[what]));
}
