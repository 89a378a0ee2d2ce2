using System.Reflection;
using FlDurable.Orchestrator.Durable;

namespace FlDurable.Api.Tests.Support;

/// <summary>A client whose engine does not answer.</summary>
public class UnreachableInstances : DispatchProxy
{
    public const string Secret = "account.blob.core.windows.net:443 refused";

    public static IOrchestrationClient Instead(IOrchestrationClient client) => Create<IOrchestrationClient, UnreachableInstances>();

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        throw new EngineUnavailableException($"the task hub can't be reached: {Secret}", new IOException(Secret));
}
