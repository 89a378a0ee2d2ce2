using FlDurable.EmbeddedEngine.Isolation;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine;

/// <summary>What an engine is made of, as the host's services have it.</summary>
internal sealed record EngineParts(
    EmbeddedEngineOptions Options, OrchestrationVersion Version, TimeProvider Time, ILoggerFactory Loggers, IServiceProvider Services,
    IActivityIsolation? Isolation,
    IReadOnlyDictionary<string, OrchestratorRegistration> Orchestrators, IReadOnlyDictionary<string, ActivityRegistration> Activities);
