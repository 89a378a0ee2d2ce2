using FlDurable.Api;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.State;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Serve;

/// <summary>The partitioned data of a state folder, for whoever asks its server. Federations that begin meanwhile wait for what is removed (<see cref="DataRemovals"/>).</summary>
internal sealed class ServedDatasets(StateFolder state, IArtifactStore store) : IKeptDatasets
{
    // Those who begin to use data hold it for as long as it takes to look.
    private const int MostTries = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly KeptData data = new(state);

    /// <inheritdoc/>
    public Task<IReadOnlyList<KeptDataset>> ListAsync(CancellationToken cancellationToken) => data.ListAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<KeptDataset>?> RemoveUnusedAsync(string? digest, CancellationToken cancellationToken)
    {
        using var alone = await TakeAloneAsync(cancellationToken);
        if (alone is null)
            return null;
        var removed = new List<KeptDataset>();
        foreach (var unused in (await data.UnusedAsync(cancellationToken)).Where(one => digest is null || one == digest))
            removed.Add(new KeptDataset(unused, await data.RemoveAsync(store, unused, cancellationToken), Federations: 0));

        return removed;
    }

    private async Task<DataUse?> TakeAloneAsync(CancellationToken cancellationToken)
    {
        for (var tried = 1; ; tried++)
        {
            if (DataUse.TryTakeAlone(state) is { } alone)
                return alone;
            if (tried == MostTries)
                return null;
            await Task.Delay(Pause, cancellationToken);
        }
    }
}
