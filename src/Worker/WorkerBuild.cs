using System.Reflection;

namespace FlDurable.Worker;

/// <summary>The worker's build, for whoever looks at a list of workers.</summary>
internal static class WorkerBuild
{
    /// <summary>The build.</summary>
    public static string Name { get; } = typeof(WorkerBuild).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
