using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Contracts;

/// <summary>
/// The name of an activity with the types that it takes and returns. Whoever schedules an activity and whoever runs it share one
/// descriptor, so that a wrong input does not compile. Activities run at least once and must be idempotent.
/// </summary>
/// <param name="Name">The name in history and in host registrations, for instance <c>TrainClient</c>.</param>
/// <param name="IsOfClients">Whether it is the clients' work, so that its failure is theirs; else it is the server's, which no federation can spare.</param>
/// <param name="WaitsForData">Whether it mostly waits, for a network or a drive, so that it takes no place from what computes.</param>
/// <param name="AsksEngine">Whether it asks something of the engine that runs it, which no other process can for it.</param>
/// <typeparam name="TInput">A small JSON contract, at most 16 KB; whatever is larger travels as an <see cref="ArtifactReference"/>.</typeparam>
/// <typeparam name="TOutput">Likewise.</typeparam>
public sealed record ActivityDescriptor<TInput, TOutput>(string Name, bool IsOfClients = false, bool WaitsForData = false, bool AsksEngine = false);

/// <summary>What an <see cref="ActivityDescriptor{TInput,TOutput}"/> names. One instance serves all calls, also at the same time.</summary>
/// <typeparam name="TInput">The descriptor's input.</typeparam>
/// <typeparam name="TOutput">The descriptor's output.</typeparam>
public interface IActivity<in TInput, TOutput>
{
    /// <summary>Does the work. Running it twice, late, or twice at once leaves the same artifacts and returns the same result.</summary>
    /// <exception cref="Exception">Any exception fails this attempt; its message is what the orchestration records as the reason.</exception>
    Task<TOutput> RunAsync(TInput input, CancellationToken cancellationToken);
}
