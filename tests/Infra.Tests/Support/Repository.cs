using System.Reflection;

namespace FlDurable.Infra.Tests.Support;

/// <summary>Where things were when this was built.</summary>
internal static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Metadata("Repository"));

    public static string BicepPath { get; } = Metadata("BicepPath");

    private static string Metadata(string key) => typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == key).Value!;
}
