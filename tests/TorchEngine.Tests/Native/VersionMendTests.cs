using System.Buffers.Binary;
using CsCheck;
using FlDurable.TorchEngine.Native;

namespace FlDurable.TorchEngine.Tests.Native;

public sealed class VersionMendTests
{
    private static readonly byte[] Library = Read("libLibTorchSharp.so");

    private static readonly int FlagsOffset = new ElfLibrary(Library).VersionNeeds().Single(need => need.Name == VersionMend.Version).FlagsOffset;

    [Fact]
    public void Only_the_flag_of_one_version_is_changed()
    {
        var mended = Mend(Library);

        Assert.Equal([FlagsOffset], ChangedIn(mended, Library));
        Assert.Equal(2, mended[FlagsOffset]);
    }

    [Fact]
    public void A_library_that_does_not_need_the_version_is_refused() =>
        Assert.Contains("found 0", Assert.Throws<InvalidDataException>(() => Mend(Read("libc10.so"))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_library_that_needs_the_version_for_another_symbol_is_refused()
    {
        var other = (byte[])Library.Clone();
        other[other.AsSpan().IndexOf("_ZSt21ios_base_library_initv\0"u8) + 5]++;

        Assert.Contains(
            "found _ZSt22ios_base_library_initv", Assert.Throws<InvalidDataException>(() => Mend(other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_uses_the_symbol_is_refused()
    {
        var elf = new ElfLibrary(Library);
        var (unused, _) = elf.SymbolsOf(elf.VersionNeeds().Single(need => need.Name == VersionMend.Version)).Single();
        var used = elf.RelocatedSymbols().First(symbol => symbol != 0);
        var other = (byte[])Library.Clone();
        // The symbols change places: a relocation of the one becomes one of the other.
        Swap(other, symbol: (int)unused, (int)used);

        Assert.Contains("found a relocation", Assert.Throws<InvalidDataException>(() => Mend(other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_library_is_refused() => Gen.Int[0, Library.Length - 1].Sample(
        length => Assert.Throws<InvalidDataException>(() => Mend(Library[..length])), iter: 30);

    [Fact]
    public void A_damaged_library_is_refused_or_mended_in_the_same_place() => Gen.Select(Gen.Int[0, 4095], Gen.Byte).Sample(
        (at, value) =>
        {
            // The section headers are at the end, and the file's header is at the beginning.
            var damaged = (byte[])Library.Clone();
            damaged[at < 64 ? at : damaged.Length - at] = value;
            if (TryMend(damaged) is { } mended)
                Assert.All(ChangedIn(mended, damaged), changed => Assert.Equal(FlagsOffset, changed));
        },
        iter: 300);

    private static byte[]? TryMend(byte[] library)
    {
        try
        {
            return Mend(library);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static int[] ChangedIn(byte[] library, byte[] original) =>
        [.. Enumerable.Range(0, library.Length).Where(at => library[at] != original[at])];

    private static byte[] Mend(byte[] library)
    {
        var mended = (byte[])library.Clone();
        VersionMend.Apply(mended);
        return mended;
    }

    private static void Swap(byte[] library, int symbol, int other)
    {
        const int symbolSize = 24;
        var symbols = Section(library, type: 11);
        var versions = Section(library, type: 0x6FFFFFFF);
        Exchange(symbols + symbol * symbolSize, symbols + other * symbolSize, symbolSize);
        Exchange(versions + symbol * 2, versions + other * 2, 2);

        void Exchange(int left, int right, int length)
        {
            var kept = library.AsSpan(left, length).ToArray();
            library.AsSpan(right, length).CopyTo(library.AsSpan(left));
            kept.CopyTo(library.AsSpan(right));
        }
    }

    private static int Section(byte[] library, uint type)
    {
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(library.AsSpan(0x28));
        while (BinaryPrimitives.ReadUInt32LittleEndian(library.AsSpan(header + 4)) != type)
            header += 64;
        return (int)BinaryPrimitives.ReadInt64LittleEndian(library.AsSpan(header + 0x18));
    }

    private static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", name));
}
