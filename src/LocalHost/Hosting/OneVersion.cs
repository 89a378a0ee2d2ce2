using System.Reflection;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Hosting;

/// <summary>FlDurable's packages work in one version: what they say to each other is no contract with others.</summary>
internal static class OneVersion
{
    /// <summary>Why a program can't run with the packages that it has; null if it can.</summary>
    /// <param name="added">What its author has added.</param>
    public static string? WhyNot(IServiceCollection added) => WhyNot(
        Own(typeof(OneVersion).Assembly)
            .Concat(added.Select(service => (service.ImplementationType ?? service.ImplementationInstance?.GetType())?.Assembly).OfType<Assembly>().Where(IsOwn))
            .Distinct()
            .Select(assembly => (assembly.GetName().Name!, PackageVersion.VersionOf(assembly))));

    /// <summary>The same of assemblies with their versions, the host's first.</summary>
    internal static string? WhyNot(IEnumerable<(string Name, string Version)> assemblies)
    {
        var all = assemblies.ToList();
        return all.FirstOrDefault(one => one.Version != all[0].Version) is { Name: { } name, Version: var version }
            ? $"{name} {version} is beside {all[0].Name} {all[0].Version}: expected all FlDurable packages of a program in one version; set that one for each in Directory.Packages.props, or remove what names another"
            : null;
    }

    private static IEnumerable<Assembly> Own(Assembly host) =>
        host.GetReferencedAssemblies().Where(name => name.Name!.StartsWith("FlDurable.", StringComparison.Ordinal)).Select(Assembly.Load).Prepend(host);

    private static bool IsOwn(Assembly assembly) => PackageVersion.Of(assembly) == PackageVersion.Own;
}
