using Microsoft.DurableTask;

namespace FlDurable.FunctionApp.Surface.Host;

/// <summary>An orchestrator as Durable Functions sees it.</summary>
public sealed record OrchestratorFunction(string Name, Func<TaskOrchestrationContext, Task<object?>> Run);

/// <summary>An activity as Durable Functions sees it.</summary>
public sealed record ActivityFunction(string Name, Type InputType, Func<object?, CancellationToken, Task<object?>> Run);
