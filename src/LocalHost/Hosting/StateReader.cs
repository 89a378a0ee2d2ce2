using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Hosting;

/// <summary>Reads what a state folder keeps, also while another process works on it. A folder that is not there is left so.</summary>
internal sealed class StateReader(StateFolder state)
{
    private readonly Lazy<IArtifactStore?> store = new(() => Directory.Exists(state.Artifacts) ? new FileArtifactStore(state.Artifacts) : null);

    /// <summary>What a federation was started with, or null.</summary>
    public Task<ResolvedSpec?> FindSpecAsync(string id, CancellationToken cancellationToken) =>
        FindAsync<ResolvedSpec>(ArtifactNames.Spec(id), cancellationToken);

    private Task<T?> FindAsync<T>(string name, CancellationToken cancellationToken)
        where T : class =>
        store.Value is { } artifacts ? artifacts.FindJsonAsync<T>(name, cancellationToken) : Task.FromResult<T?>(null);
}
