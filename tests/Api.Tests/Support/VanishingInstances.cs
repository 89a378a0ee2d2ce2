using System.Reflection;
using FlDurable.Orchestrator.Durable;

namespace FlDurable.Api.Tests.Support;

/// <summary>A client whose instances are there at the first look, and no more at the second.</summary>
public class VanishingInstances : DispatchProxy
{
    private IOrchestrationClient inner = null!;
    private int looks;

    public static IOrchestrationClient Over(IOrchestrationClient client)
    {
        var vanishing = Create<IOrchestrationClient, VanishingInstances>();
        ((VanishingInstances)(object)vanishing).inner = client;
        return vanishing;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Name == nameof(IOrchestrationClient.GetInstanceAsync) && Interlocked.Increment(ref looks) > 1
            ? Task.FromResult<OrchestrationMetadata?>(null)
            : targetMethod.Invoke(inner, args);
}
