using System.Buffers.Binary;

namespace FlDurable.TorchEngine.Native;

/// <summary>
/// Lets TorchSharp's native library be loaded beside a libstdc++ older than GCC 13's.
/// </summary>
/// <remarks>
/// The library names one symbol that is newer: <see cref="Symbol"/>, which GCC 13's &lt;iostream&gt; mentions so that a program is not
/// started on a libstdc++ that doesn't initialise the standard streams by itself. Nothing refers to it, and the streams are initialised
/// all the same: libtorch_cpu, built by an older compiler, does so. Only the version stands in the way, and marked as weak
/// (VER_FLG_WEAK) it is overlooked by the dynamic linker where it is missing.
/// </remarks>
internal static class VersionMend
{
    /// <summary>The version that an older libstdc++ lacks.</summary>
    public const string Version = "GLIBCXX_3.4.32";

    private const string Symbol = "_ZSt21ios_base_library_initv";
    private const ushort Weak = 2;

    /// <summary>Marks the version as weak, in an image that is known to work without it.</summary>
    /// <exception cref="InvalidDataException">The image is not known to: it needs the version otherwise than for that one unused symbol.</exception>
    public static void Apply(byte[] image)
    {
        var library = new ElfLibrary(image);
        var needs = library.VersionNeeds().Where(need => need.Name == Version).ToList();
        if (needs is not [{ Library: "libstdc++.so.6" } need])
            throw new InvalidDataException($"expected one need of {Version}, found {needs.Count}");
        var symbols = library.SymbolsOf(need).ToList();
        if (symbols is not [{ Name: Symbol, Index: var index }])
            throw new InvalidDataException($"expected {Version} for {Symbol} alone, found {string.Join(", ", symbols.Select(symbol => symbol.Name))}");
        if (library.RelocatedSymbols().Contains(index))
            throw new InvalidDataException($"expected {Symbol} to be unused, found a relocation");
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(need.FlagsOffset), Weak);
    }
}
