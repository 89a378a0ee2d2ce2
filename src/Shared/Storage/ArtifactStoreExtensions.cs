using System.Text.Json;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;

namespace FlDurable.Shared.Storage;

/// <summary>Contracts and parameters as artifacts.</summary>
public static class ArtifactStoreExtensions
{
    /// <summary>Writes a contract as JSON; the first writer wins.</summary>
    public static Task<ArtifactReference> PutJsonAsync<T>(
        this IArtifactStore store, string name, T value, CancellationToken cancellationToken) =>
        store.PutAsync(name, ContractJson.SerializeToUtf8(value), cancellationToken);

    /// <summary>Reads a contract.</summary>
    /// <exception cref="ArtifactCorruptException">The content is not of the contract's shape.</exception>
    public static async Task<T> ReadJsonAsync<T>(
        this IArtifactStore store, ArtifactReference reference, CancellationToken cancellationToken)
    {
        var content = await store.ReadAsync(reference, cancellationToken);
        try
        {
            return ContractJson.Deserialize<T>(content);
        }
        catch (JsonException exception)
        {
            throw new ArtifactCorruptException($"artifact '{reference.Name}' is no {typeof(T).Name}: {exception.Message}", reference.Name);
        }
    }

    /// <summary>Reads a contract by its name, or null if it is not there.</summary>
    /// <exception cref="ArtifactCorruptException">The content is not of the contract's shape.</exception>
    public static async Task<T?> FindJsonAsync<T>(this IArtifactStore store, string name, CancellationToken cancellationToken)
        where T : class =>
        await store.FindAsync(name, cancellationToken) is { } reference
            ? await store.ReadJsonAsync<T>(reference, cancellationToken)
            : null;

    /// <summary>Reads a network's parameters.</summary>
    /// <exception cref="SafetensorsException">They are not of the network's layout.</exception>
    public static async Task<ModelParameters> ReadParametersAsync(
        this IArtifactStore store, ArtifactReference reference, Network network, CancellationToken cancellationToken) =>
        Safetensors.Read(await store.ReadAsync(reference, cancellationToken), network.Layout);
}
