namespace FlDurable.Orchestrator.Work;

/// <summary>The keys by which workers are let in, by the name of whose they are: a site, or some workers of the pool.</summary>
public interface IWorkerKeys
{
    /// <summary>At once a name may have so many keys: the old one and the new one while workers change over.</summary>
    const int MostKeys = 2;

    /// <summary>Makes a key for a name, which is added if it is new.</summary>
    /// <param name="name">Who is to have it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The key, which is kept nowhere; null if the name has <see cref="MostKeys"/> keys already.</returns>
    /// <exception cref="ArgumentException">The name is none.</exception>
    Task<string?> AddKeyAsync(string name, CancellationToken cancellationToken);

    /// <summary>Whose key this is; null if it is nobody's.</summary>
    Task<string?> FindByKeyAsync(string key, CancellationToken cancellationToken);

    /// <summary>Takes a name's keys away: all, or all but the newest.</summary>
    /// <returns>How many there were to take; null if there is no such name.</returns>
    Task<int?> RevokeAsync(string name, bool sparesNewest, CancellationToken cancellationToken);
}
