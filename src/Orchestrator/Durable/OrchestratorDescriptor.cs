namespace FlDurable.Orchestrator.Durable;

/// <summary>The name of an orchestrator with the types that it takes and returns.</summary>
/// <param name="Name">The name in history and in host registrations.</param>
/// <typeparam name="TInput">A small JSON contract.</typeparam>
/// <typeparam name="TOutput">Likewise.</typeparam>
public sealed record OrchestratorDescriptor<TInput, TOutput>(string Name);

/// <summary>What an <see cref="OrchestratorDescriptor{TInput,TOutput}"/> names. It has no state: one object serves every instance.</summary>
/// <typeparam name="TInput">The descriptor's input.</typeparam>
/// <typeparam name="TOutput">The descriptor's output.</typeparam>
public interface IOrchestrator<in TInput, TOutput>
{
    /// <summary>Runs one instance, deterministically.</summary>
    Task<TOutput> RunAsync(IOrchestrationContext context, TInput input);
}
