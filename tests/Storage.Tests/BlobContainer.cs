using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

/// <summary>A container of a test's own, not made yet; deleted in the end.</summary>
internal sealed class BlobContainer(string connectionString) : IAsyncDisposable
{
    // So that a test of retries takes as long as its requests.
    private static readonly AzureBlobStorageOptions Impatient = new()
    {
        MaxRetries = 3,
        Delay = TimeSpan.FromMilliseconds(1),
        MaxDelay = TimeSpan.FromMilliseconds(1),
    };

    private readonly string name = $"test-{Guid.NewGuid():N}";
    private readonly List<HttpClient> wires = [];

    /// <summary>What is there, past the store.</summary>
    public BlobContainerClient Behind => new(connectionString, name, Impatient.ToClientOptions());

    public AzureBlobArtifactStore Open(
        HttpMessageHandler? wire = null, AzureBlobStorageOptions? options = null, HttpPipelinePolicy? policy = null)
    {
        var clientOptions = (options ?? Impatient).ToClientOptions();
        if (policy is not null)
            clientOptions.AddPolicy(policy, HttpPipelinePosition.PerCall);
        if (wire is not null)
        {
            var client = new HttpClient(wire) { Timeout = Timeout.InfiniteTimeSpan };
            wires.Add(client);
            clientOptions.Transport = new HttpClientTransport(client);
        }

        return new AzureBlobArtifactStore(new BlobContainerClient(connectionString, name, clientOptions));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var wire in wires)
            wire.Dispose();
        await Behind.DeleteIfExistsAsync();
    }
}
