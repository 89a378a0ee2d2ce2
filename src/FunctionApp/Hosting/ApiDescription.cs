using FlDurable.Api;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Networks;

namespace FlDurable.FunctionApp.Hosting;

/// <summary>The OpenAPI document, made when it is first asked for.</summary>
public sealed class ApiDescription(NetworkRegistry networks, IEngineCatalog engines)
{
    private readonly Lazy<Task<string>> json = new(() => UnroutedDocument.WriteAsync(networks, engines, CancellationToken.None));

    /// <summary>The document as JSON.</summary>
    public Task<string> JsonAsync() => json.Value;
}
