using System.Text.Json;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Texts;

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
        this IArtifactStore store, ArtifactReference reference, CancellationToken cancellationToken) =>
        Parse<T>(reference.Name, await store.ReadAsync(reference, cancellationToken));

    /// <summary>
    /// Reads a contract by its name, or null if it is not there. Without a reference of somebody who knows what it must be, a sealed one is
    /// held against its seal.
    /// </summary>
    /// <exception cref="ArtifactCorruptException">The content is not of the contract's shape, or not what the seal says.</exception>
    public static async Task<T?> FindJsonAsync<T>(this IArtifactStore store, string name, CancellationToken cancellationToken)
        where T : class
    {
        if (await store.FindAsync(name, cancellationToken) is not { } reference)
            return null;
        var content = await store.ReadAsync(reference, cancellationToken);
        var document = Parse<T>(name, content);
        if (document is ISealed { Seal: { } seal } && DocumentSeal.Of(content) != seal)
            throw new ArtifactCorruptException($"artifact '{name}' is damaged: its content is not what its seal says", name);
        return document;
    }

    /// <summary>Reads a network's parameters.</summary>
    /// <exception cref="SafetensorsException">They are not of the network's layout.</exception>
    public static Task<ModelParameters> ReadParametersAsync(
        this IArtifactStore store, ArtifactReference reference, Network network, CancellationToken cancellationToken) =>
        store.ReadParametersAsync(reference, network.Layout, cancellationToken);

    /// <summary>Reads parameters of a layout. What is too long for them is not read.</summary>
    /// <exception cref="SafetensorsException">They are not of the layout.</exception>
    public static async Task<ModelParameters> ReadParametersAsync(
        this IArtifactStore store, ArtifactReference reference, ParameterLayout layout, CancellationToken cancellationToken)
    {
        Safetensors.CheckLength<float>(reference.Length, layout);
        return Safetensors.Read(await store.ReadAsync(reference, cancellationToken), layout);
    }

    private static T Parse<T>(string name, byte[] content)
    {
        try
        {
            return ContractJson.Deserialize<T>(content);
        }
        catch (JsonException exception)
        {
            throw new ArtifactCorruptException($"artifact '{name}' is damaged: it is no {typeof(T).Name}{Where(exception)}", name);
        }
    }

    private static string Where(JsonException exception) => exception switch
    {
        { Path: { Length: > 0 } path } => $" at {Excerpt.Printable(path)}",
        { BytePositionInLine: { } position } => $" from byte {position}",
        _ => "",
    };
}
