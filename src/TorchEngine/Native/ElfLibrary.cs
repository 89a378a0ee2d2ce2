using System.Buffers.Binary;
using System.Text;

namespace FlDurable.TorchEngine.Native;

/// <summary>
/// What a dynamic linker reads of a 64-bit little-endian ELF library about versions of symbols ("Tool Interface Standard: Executable and
/// Linking Format", and "Symbol Versioning" of the Linux Standard Base Core Specification).
/// </summary>
internal sealed class ElfLibrary
{
    private const uint RelocationsWithAddends = 4; // SHT_RELA
    private const uint DynamicSymbols = 11; // SHT_DYNSYM
    private const uint NeededVersions = 0x6FFFFFFE; // SHT_GNU_verneed
    private const uint SymbolVersions = 0x6FFFFFFF; // SHT_GNU_versym
    private const int SymbolSize = 24;
    private const int RelocationSize = 24;
    private const ushort HiddenVersion = 0x8000;

    private readonly byte[] image;
    private readonly List<Section> sections = [];

    /// <summary>Reads the section headers.</summary>
    /// <exception cref="InvalidDataException">The image is no such library.</exception>
    public ElfLibrary(byte[] image)
    {
        this.image = image;
        if (!Range(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8))
            throw new InvalidDataException("no 64-bit little-endian ELF library");
        var (first, size, count) = (UInt64(0x28), UInt16(0x3A), UInt16(0x3C));
        for (var index = 0; index < count; index++)
        {
            var at = first + index * size;
            sections.Add(new Section(UInt32(at + 4), UInt64(at + 0x18), UInt64(at + 0x20), (int)UInt32(at + 0x28), (int)UInt32(at + 0x2C)));
        }
    }

    /// <summary>The versions of other libraries' symbols without which it is not loaded.</summary>
    public IEnumerable<VersionNeed> VersionNeeds()
    {
        var section = The(NeededVersions);
        var library = section.Offset;
        for (var index = 0; index < section.Info; index++)
        {
            var need = library + UInt32(library + 8);
            for (var count = UInt16(library + 2); count > 0; count--)
            {
                yield return new VersionNeed(
                    Text(section, UInt32(library + 4)), Text(section, UInt32(need + 8)), UInt16(need + 6), FlagsOffset: (int)need + 4);
                need += UInt32(need + 12);
            }

            var next = UInt32(library + 12);
            if (next == 0)
                yield break;
            library += next;
        }
    }

    /// <summary>The symbols of a version, by their index.</summary>
    public IEnumerable<(long Index, string Name)> SymbolsOf(VersionNeed need)
    {
        var (symbols, versions) = (The(DynamicSymbols), The(SymbolVersions));
        for (var index = 0L; index < symbols.Length / SymbolSize; index++)
        {
            if ((UInt16(versions.Offset + index * sizeof(ushort)) & ~HiddenVersion) == need.Version)
                yield return (index, Text(symbols, UInt32(symbols.Offset + index * SymbolSize)));
        }
    }

    /// <summary>The indexes of the symbols whose addresses the library has filled in when it is loaded or first used.</summary>
    public IEnumerable<long> RelocatedSymbols()
    {
        foreach (var section in sections.Where(section => section.Type == RelocationsWithAddends))
        {
            for (var index = 0; index < Range(section.Offset, section.Length).Length / RelocationSize; index++)
                yield return UInt32(section.Offset + index * RelocationSize + 12); // the upper half of r_info
        }
    }

    private Section The(uint type) => sections.FirstOrDefault(section => section.Type == type)
        ?? throw new InvalidDataException($"the library has no section of type 0x{type:x}");

    private string Text(Section section, long offset)
    {
        var strings = sections.ElementAtOrDefault(section.Link) ?? throw new InvalidDataException($"the library has no section {section.Link}");
        var text = Range(strings.Offset + offset, strings.Length - offset);
        var length = text.IndexOf((byte)0);
        return length >= 0 ? Encoding.ASCII.GetString(text[..length]) : throw new InvalidDataException($"the string at {strings.Offset + offset} has no end");
    }

    private ushort UInt16(long at) => BinaryPrimitives.ReadUInt16LittleEndian(Range(at, sizeof(ushort)));

    private uint UInt32(long at) => BinaryPrimitives.ReadUInt32LittleEndian(Range(at, sizeof(uint)));

    private long UInt64(long at) => BinaryPrimitives.ReadInt64LittleEndian(Range(at, sizeof(long)));

    private ReadOnlySpan<byte> Range(long at, long length) => at >= 0 && length >= 0 && at <= image.Length - length
        ? image.AsSpan((int)at, (int)length)
        : throw new InvalidDataException($"the library ends before byte {at}");

    private sealed record Section(uint Type, long Offset, long Length, int Link, int Info);
}

/// <summary>A version that a library needs of another one.</summary>
/// <param name="Library">The other one.</param>
/// <param name="Name">The version.</param>
/// <param name="Version">Its number in this library.</param>
/// <param name="FlagsOffset">Where its 16-bit flags are in the image.</param>
internal sealed record VersionNeed(string Library, string Name, ushort Version, int FlagsOffset);
