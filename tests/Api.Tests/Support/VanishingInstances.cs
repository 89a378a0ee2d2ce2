using System.Reflection;
using FlDurable.Orchestrator.Durable;

namespace FlDurable.Api.Tests.Support;

/// <summary>A client whose instances are there at the first look, and no more at the second.</summary>
public class VanishingInstances : DispatchProxy
{
    private IFederationClient inner = null!;
    private int looks;

    public static IFederationClient Over(IFederationClient client)
    {
        var vanishing = Create<IFederationClient, VanishingInstances>();
        ((VanishingInstances)(object)vanishing).inner = client;
        return vanishing;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Name == nameof(IFederationClient.GetInstanceAsync) && Interlocked.Increment(ref looks) > 1
            ? Task.FromResult<OrchestrationMetadata?>(null)
            : targetMethod.Invoke(inner, args);
}
