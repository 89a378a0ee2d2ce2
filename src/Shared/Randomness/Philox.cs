using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlDurable.Shared.Randomness;

/// <summary>
/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3"
/// (SC 2011): a pure function of a 64-bit key and a 128-bit counter.
/// </summary>
internal static class Philox
{
    /// <summary>Words that a counter gives.</summary>
    public const int WordsABlock = 4;

    private const int Rounds = 10;
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9; // golden ratio
    private const uint Weyl1 = 0xBB67AE85; // √3 − 1

    public static (uint X0, uint X1, uint X2, uint X3) Block(uint c0, uint c1, uint c2, uint c3, uint key0, uint key1)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var product0 = (ulong)Multiplier0 * c0;
            var product1 = (ulong)Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ key0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ key1, (uint)product0);
            key0 += Weyl0;
            key1 += Weyl1;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>Blocks one after another, whose counters differ in their first word, as many at a time as fit a vector.</summary>
    /// <param name="first">The first block's first word; the last's is not past the largest.</param>
    /// <param name="c1">The counters' second word.</param>
    /// <param name="c2">Their third.</param>
    /// <param name="c3">Their fourth.</param>
    /// <param name="key0">The key's first word.</param>
    /// <param name="key1">Its second.</param>
    /// <param name="words">Takes the blocks, four words each.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Blocks(uint first, uint c1, uint c2, uint c3, uint key0, uint key1, Span<uint> words)
    {
        for (; words.Length >= WordsABlock * Vector512<ulong>.Count; words = words[(WordsABlock * Vector512<ulong>.Count)..])
        {
            Together(first, c1, c2, c3, key0, key1, words);
            first += (uint)Vector512<ulong>.Count;
        }

        for (; !words.IsEmpty; words = words[WordsABlock..])
            (words[0], words[1], words[2], words[3]) = Block(first++, c1, c2, c3, key0, key1);
    }

    /// <summary>A block a lane: each lane holds one word, and has room for its product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Together(uint first, uint c1, uint c2, uint c3, uint key0, uint key1, Span<uint> words)
    {
        var low = Vector512.Create((ulong)uint.MaxValue);
        var multiplier0 = Vector512.Create((ulong)Multiplier0);
        var multiplier1 = Vector512.Create((ulong)Multiplier1);
        var x0 = Vector512.Create((ulong)first) + Vector512<ulong>.Indices;
        var x1 = Vector512.Create((ulong)c1);
        var x2 = Vector512.Create((ulong)c2);
        var x3 = Vector512.Create((ulong)c3);
        for (var round = 0; round < Rounds; round++)
        {
            var product0 = multiplier0 * x0;
            var product1 = multiplier1 * x2;
            x0 = (product1 >>> 32) ^ x1 ^ Vector512.Create((ulong)key0);
            x1 = product1 & low;
            x2 = (product0 >>> 32) ^ x3 ^ Vector512.Create((ulong)key1);
            x3 = product0 & low;
            key0 += Weyl0;
            key1 += Weyl1;
        }

        Span<ulong> lanes = stackalloc ulong[WordsABlock * Vector512<ulong>.Count];
        x0.CopyTo(lanes);
        x1.CopyTo(lanes[Vector512<ulong>.Count..]);
        x2.CopyTo(lanes[(2 * Vector512<ulong>.Count)..]);
        x3.CopyTo(lanes[(3 * Vector512<ulong>.Count)..]);
        for (var block = 0; block < Vector512<ulong>.Count; block++)
        {
            for (var word = 0; word < WordsABlock; word++)
                words[(block * WordsABlock) + word] = (uint)lanes[(word * Vector512<ulong>.Count) + block];
        }
    }
}
