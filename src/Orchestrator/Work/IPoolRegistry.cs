namespace FlDurable.Orchestrator.Work;

/// <summary>Who may work for the pool, and who does. Methods may be called at the same time, also from several processes.</summary>
public interface IPoolRegistry : IWorkerKeys
{
    /// <summary>Everybody who has or had keys, by name.</summary>
    Task<IReadOnlyList<PoolEntry>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Remembers that a process asks for work, or goes on with some.</summary>
    /// <param name="name">Whose key it has.</param>
    /// <param name="process">Its id.</param>
    /// <param name="build">Its build; null for the one that it said before.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task SeeAsync(string name, string process, string? build, CancellationToken cancellationToken);
}

/// <summary>Some workers of the pool that share a key.</summary>
/// <param name="Name">Who has it.</param>
/// <param name="Keys">How many keys are valid.</param>
/// <param name="Workers">Processes that asked lately, the last to ask first.</param>
public sealed record PoolEntry(string Name, int Keys, IReadOnlyList<PoolWorkerEntry> Workers);

/// <summary>A process of the pool.</summary>
/// <param name="Process">Its id.</param>
/// <param name="Build">Its build.</param>
/// <param name="LastAsked">When it last asked for work, or said that it goes on.</param>
/// <param name="IsGone">Whether the host knows that it is gone: <see cref="WorkerPresence"/>.</param>
public sealed record PoolWorkerEntry(string Process, string Build, DateTimeOffset LastAsked, bool IsGone = false);
