using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Json;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance;

/// <summary>One thing that every engine must do.</summary>
public abstract class ConformanceCase
{
    /// <summary>What it is, in a word.</summary>
    public string Name => GetType().Name;

    /// <summary>Whether it stops the engine in between.</summary>
    public virtual bool Restarts => false;

    /// <summary>Adds its orchestrators and activities; their names begin with the case's.</summary>
    public abstract void AddTo(IServiceCollection services);

    /// <summary>Plays it once.</summary>
    /// <param name="host">The engine.</param>
    /// <param name="id">An instance id that was never used; those that begin with it and a <c>-</c> are the case's too.</param>
    /// <exception cref="ConformanceException">The engine did something else than it must.</exception>
    public abstract Task RunAsync(IConformanceHost host, string id);

    /// <summary>Waits until an instance is over and checks what it returned.</summary>
    protected static async Task ExpectOutputAsync<T>(IConformanceHost host, string id, T expected)
    {
        var instance = await host.WaitAsync(id, instance => instance.IsOver);
        Expect(instance.RuntimeStatus, OrchestrationRuntimeStatus.Completed, $"status of '{id}' (reason: {instance.FailureReason})");
        Expect(instance.SerializedOutput, ContractJson.Serialize(expected), $"output of '{id}'");
    }

    /// <summary>Waits until an instance has failed and checks that the reason contains something.</summary>
    protected static async Task ExpectFailureAsync(IConformanceHost host, string id, string reason)
    {
        var instance = await host.WaitAsync(id, instance => instance.IsOver);
        Expect(instance.RuntimeStatus, OrchestrationRuntimeStatus.Failed, $"status of '{id}'");
        if (instance.FailureReason?.Contains(reason, StringComparison.Ordinal) != true)
            throw new ConformanceException($"expected the failure of '{id}' to contain: {reason}; got: {instance.FailureReason}");
    }

    /// <summary>Waits until an instance shows a custom status.</summary>
    protected static Task WaitForStatusAsync(IConformanceHost host, string id, string customStatus) =>
        host.WaitAsync(id, instance => instance.IsOver || instance.ReadCustomStatusAs<string>() == customStatus);

    /// <summary>Checks a value.</summary>
    protected static void Expect<T>(T actual, T expected, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(actual, expected))
            throw new ConformanceException($"{what}: expected {expected}, got {actual}");
    }
}

/// <summary>An engine did something else than it must.</summary>
public sealed class ConformanceException(string message) : Exception(message);
