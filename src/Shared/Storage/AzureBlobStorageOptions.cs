using Azure.Core;
using Azure.Storage.Blobs;

namespace FlDurable.Shared.Storage;

/// <summary>How <see cref="AzureBlobArtifactStore"/> talks to the service.</summary>
public sealed record AzureBlobStorageOptions
{
    /// <summary>The container where none is named.</summary>
    public const string DefaultContainer = "fldurable";

    /// <summary>The container of all artifacts, when the connection doesn't name one; it is made when it isn't there.</summary>
    public string Container { get; init; } = DefaultContainer;

    /// <summary>
    /// How often a call is tried again. Where tries fail at once, their delays span about 25 seconds: longer than a storage partition takes to move, and
    /// short enough that a mistyped address is told to whoever waits. Longer outages are for the activity's own retries.
    /// </summary>
    public int MaxRetries { get; init; } = 6;

    /// <summary>The delay before the first retry; each further one is twice as long.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest delay.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long one try may take before it counts as lost.</summary>
    public TimeSpan NetworkTimeout { get; init; } = TimeSpan.FromSeconds(100);

    internal BlobClientOptions ToClientOptions() =>
        // The newest version that Azurite 3.35 knows, so that it needs no switch; nothing newer is used.
        new(BlobClientOptions.ServiceVersion.V2025_11_05)
        {
            Diagnostics = { ApplicationId = "FlDurable" },
            Retry =
            {
                Mode = RetryMode.Exponential, MaxRetries = MaxRetries, Delay = Delay, MaxDelay = MaxDelay, NetworkTimeout = NetworkTimeout,
            },
        };
}
