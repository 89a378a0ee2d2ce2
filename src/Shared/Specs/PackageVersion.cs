using System.Reflection;

namespace FlDurable.Shared.Specs;

/// <summary>A package whose code a federation runs with.</summary>
/// <param name="Name">The assembly's name: <c>Acme.Fed</c>. All of FlDurable's own are one, <see cref="OwnName"/>.</param>
/// <param name="Version">Its version, without what was built from.</param>
public sealed record PackageVersion(string Name, string Version)
{
    /// <summary>What FlDurable's own assemblies are called together: they are built and used in one version.</summary>
    public const string OwnName = "FlDurable";

    /// <summary>This build of FlDurable.</summary>
    public static PackageVersion Own { get; } = new(OwnName, VersionOf(typeof(PackageVersion).Assembly));

    /// <summary>The package of an assembly.</summary>
    public static PackageVersion Of(Assembly assembly)
    {
        var name = assembly.GetName().Name!;
        var product = assembly.GetCustomAttribute<AssemblyProductAttribute>()?.Product;
        return product == OwnName ? Own : new PackageVersion(name, VersionOf(assembly));
    }

    /// <summary>The package in which the code that makes something is.</summary>
    /// <param name="create">Makes it.</param>
    public static PackageVersion OfCode(Delegate create) => Of(create.Method.Module.Assembly);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Version}";

    /// <summary>An assembly's version, without what was built from.</summary>
    public static string VersionOf(Assembly assembly) =>
        (assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? $"{assembly.GetName().Version}").Split('+')[0];
}
