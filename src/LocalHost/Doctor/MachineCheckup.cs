using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Doctor;

/// <summary>Looks at the processor, the engines that it can run, the native libraries and the disks.</summary>
internal static class MachineCheckup
{
    private const int NewestCppLibraryNeeded = 32; // TorchSharp's native library was made with GCC 13
    private const long TooFew = 100_000_000;
    private const long Few = 1_000_000_000;
    private const int UsualBatch = 32;

    /// <summary>The processor and the engines.</summary>
    public static IEnumerable<Finding> Engines(MachineFacts machine, HostParts parts)
    {
        yield return new Finding("cpu", Condition.Well, $"{Figures.Count(machine.Cores, "core")}, {Figures.Megabytes(machine.Memory)} of memory, {machine.Vectors}");
        using var services = parts.AddTo(new ServiceCollection()).BuildServiceProvider();
        var catalog = services.GetRequiredService<IEngineCatalog>();
        var network = services.GetRequiredService<NetworkRegistry>().Get(new FederationSpec().Network).FindUsual()!;
        var refusals = catalog.Names.Select(name => (Name: name, WhyNot: WhyNot(catalog, name, network))).ToList();
        var isAnyUsable = refusals.Any(engine => engine.WhyNot is null);
        foreach (var (name, whyNot) in refusals)
        {
            yield return whyNot is null
                ? new Finding($"engine {name}", Condition.Well, $"can train {network.Name}")
                : new Finding($"engine {name}", isAnyUsable ? Condition.Note : Condition.Broken, whyNot, isAnyUsable ? null : "take a machine that has what is missing: nothing can be trained on this one");
        }

        yield return CppLibrary(machine);
    }

    /// <summary>The native libraries that the program has beside it.</summary>
    public static IEnumerable<Finding> Libraries() =>
        from library in NativeLibraries.Load()
        select library.WhyNot is null
            ? new Finding("library", Condition.Well, $"{library.Name}'s is of version {library.Version}")
            : new Finding("library", Condition.Broken, $"{library.Name}'s: {library.WhyNot}", NativeLibraries.Advice);

    /// <summary>The disks that folders are on.</summary>
    public static IEnumerable<Finding> Disks(MachineFacts machine, params IEnumerable<(string Name, string Folder)> folders) =>
        from folder in folders
        let free = machine.FreeBytes(folder.Folder)
        select free switch
        {
            null => new Finding("disk", Condition.Note, $"of the {folder.Name} '{folder.Folder}': how much is free can't be told"),
            < TooFew => new Finding(
                "disk", Condition.Broken, $"of the {folder.Name} '{folder.Folder}': {Figures.Megabytes(free.Value)} free",
                "free some (fldurable list shows what federations take up, purge removes them), or name a folder on another disk"),
            < Few => new Finding("disk", Condition.Note, $"of the {folder.Name} '{folder.Folder}': {Figures.Megabytes(free.Value)} free, which CIFAR-10 and a few federations fill"),
            _ => new Finding("disk", Condition.Well, $"of the {folder.Name} '{folder.Folder}': {Figures.Megabytes(free.Value)} free"),
        };

    private static string? WhyNot(IEngineCatalog catalog, string engine, Network network)
    {
        try
        {
            catalog.Resolve(engine, network, UsualBatch);
            return null;
        }
        catch (InvalidSpecException exception)
        {
            return exception.Errors[0].Message;
        }
    }

    private static Finding CppLibrary(MachineFacts machine) => machine.CppLibrary() switch
    {
        _ when machine.IsMusl => new Finding(
            "libstdc++", Condition.Note, "this system has musl, for which there is no TorchSharp",
            "to use the engine torch: a system with glibc (Debian, Ubuntu); lanes needs none of it"),
        null => new Finding("libstdc++", Condition.Note, "there is none, which TorchSharp needs on Linux; the engine lanes needs none"),
        < NewestCppLibraryNeeded and var version => new Finding(
            "libstdc++", Condition.Note, $"GLIBCXX_3.4.{version}, older than GCC 13's (3.4.{NewestCppLibraryNeeded}), which TorchSharp asks for",
            "to use the engine torch: a newer system (Debian 13, Ubuntu 24.04), or FLDURABLE_TORCH_COMPAT=1 (docs/engines.md); lanes needs none of it"),
        { } version => new Finding("libstdc++", Condition.Well, $"GLIBCXX_3.4.{version}, new enough for TorchSharp"),
    };
}
