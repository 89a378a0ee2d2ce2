namespace FlDurable.EmbeddedEngine;

/// <summary>An instance was started by another version of the orchestrations; it stays as it is.</summary>
/// <param name="instanceId">The instance.</param>
/// <param name="version">The version that started it.</param>
/// <param name="ours">The version of this build.</param>
public sealed class OrchestrationVersionException(string instanceId, string version, string ours) : Exception(
    $"'{instanceId}' was started by version {version} of the orchestrations and this build has version {ours}: "
    + $"finish it with a build of version {version}, or terminate it and start another")
{
    /// <summary>The instance.</summary>
    public string InstanceId { get; } = instanceId;
}
