using System.Text.Json;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Contracts;

/// <summary>The one place in which failures of activities are told apart. What is the host's never becomes a federation's.</summary>
public static class FailureKinds
{
    /// <summary>Whose failure an activity's exception is.</summary>
    public static FailureKind Of(Exception exception) => exception switch
    {
        KnownFailureException known => known.Kind,
        ArtifactMissingException { Artifact: { } artifact } => OfArtifact(artifact),
        ArtifactCorruptException { Artifact: { } artifact } => OfArtifact(artifact),
        ArtifactMissingException or ArtifactCorruptException => FailureKind.HostForGood,
        ArtifactStoreException => FailureKind.HostForNow,
        DownloadException => FailureKind.HostForNow,
        DatasetException { InnerException: { } cause } when Of(cause) == FailureKind.HostForNow => FailureKind.HostForNow,
        DatasetException => FailureKind.HostForGood,
        EndOfStreamException or FileNotFoundException or DirectoryNotFoundException => FailureKind.HostForGood,
        IOException or UnauthorizedAccessException or OutOfMemoryException => FailureKind.HostForNow,
        NotRegisteredException or DllNotFoundException or BadImageFormatException => FailureKind.HostForGood,
        NotFiniteNumberException or SafetensorsException or InvalidSpecException => FailureKind.WorkForGood,
        InvalidDataException or JsonException => FailureKind.WorkForGood,
        WorkNotNeededException => FailureKind.WorkForGood,
        OperationCanceledException => FailureKind.HostForNow, // something that the host waited for has not answered in time
        TypeInitializationException { InnerException: { } cause } => Of(cause),
        AggregateException { InnerExceptions: [var first, ..] } => Of(first),
        _ => FailureKind.Work,
    };

    // What an attempt at a round has made, another attempt makes again. Everything else nobody makes again.
    private static FailureKind OfArtifact(string name) => ArtifactNames.IsOfAttempt(name) ? FailureKind.WorkForGood : FailureKind.HostForGood;
}
