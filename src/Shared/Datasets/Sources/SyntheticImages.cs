using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// Images that a small network learns to tell apart, but not at once: a patch of stripes somewhere on other stripes, under noise. The
/// patch's direction and width are the class; place, colours, contrast and what is behind say nothing about it. Integer arithmetic only,
/// so that every machine makes the same; sixteen bits hold all of it.
/// </summary>
internal static class SyntheticImages
{
    /// <summary>Of CIFAR-10's shape, so that a row is a vector.</summary>
    public static readonly ImageShape Shape = new(3, 32, 32);

    // How the stripes' phase grows per pixel to the right and down, in 1/256 of a period: five directions, narrow and wide.
    private static readonly (string Name, int Right, int Down)[] Stripes =
    [
        ("narrow-upright", 44, 0), ("narrow-falling", 36, -26), ("narrow-low-falling", 14, -42), ("narrow-low-rising", 14, 42),
        ("narrow-rising", 36, 26),
        ("wide-upright", 24, 0), ("wide-falling", 19, -14), ("wide-low-falling", 7, -23), ("wide-low-rising", 7, 23),
        ("wide-rising", 19, 14),
    ];

    // Chosen so that the tutorial's CNN, federated among ten clients, goes from 0.3 after the first round to 0.9 after the fifth.
    private const int DirectionJitter = 3;
    private const int LeastPatch = 16;
    private const int PatchSizes = 8;
    private const int BrightnessRange = 40;
    private const int PatchContrast = 60;
    private const int BehindContrast = 40;
    private const int BehindRange = 45;
    private const short Noise = 60;

    /// <summary>The classes' names.</summary>
    public static IReadOnlyList<string> Classes { get; } = [.. Stripes.Select(stripes => stripes.Name)];

    /// <summary>Makes one image.</summary>
    /// <param name="random">Its stream.</param>
    /// <param name="label">Its class.</param>
    /// <param name="pixels">Where it goes, in the order of <see cref="ImageShape"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Draw(RandomStream random, int label, Span<byte> pixels)
    {
        var (_, right, down) = Stripes[label];
        var patch = new Pattern(right + Around(random, DirectionJitter), down + Around(random, DirectionJitter), random.NextInt32(256));
        var behind = new Pattern(Around(random, BehindRange), Around(random, BehindRange), random.NextInt32(256));
        var size = LeastPatch + random.NextInt32(PatchSizes);
        var left = random.NextInt32(Shape.Width - size + 1);
        var top = random.NextInt32(Shape.Height - size + 1);
        var x = Vector512<short>.Indices;
        var inColumns = Vector512.GreaterThanOrEqual(x, Vector512.Create((short)left)) & Vector512.LessThan(x, Vector512.Create((short)(left + size)));
        Span<byte> noise = stackalloc byte[Shape.Height * Shape.Width];
        for (var channel = 0; channel < Shape.Channels; channel++)
        {
            Fill(random, noise);
            var brightness = (short)(128 + Around(random, BrightnessRange));
            var patchContrast = (short)Around(random, PatchContrast);
            var behindContrast = (short)Around(random, BehindContrast);
            var plane = pixels.Slice(channel * noise.Length, noise.Length);
            for (var y = 0; y < Shape.Height; y += 2)
            {
                var at = y * Shape.Width;
                var (noiseAbove, noiseBelow) = Vector512.Widen(Vector512.Create<byte>(noise.Slice(at, Vector512<byte>.Count)));
                var above = Shade(brightness, Wave(y), noiseAbove.AsInt16());
                var below = Shade(brightness, Wave(y + 1), noiseBelow.AsInt16());
                Vector512.Narrow(above.AsUInt16(), below.AsUInt16()).CopyTo(plane.Slice(at, Vector512<byte>.Count));
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            Vector512<short> Wave(int y)
            {
                var inPatch = (uint)(y - top) < (uint)size ? inColumns : Vector512<short>.Zero;
                return Vector512.ConditionalSelect(inPatch, patchContrast * patch.Row(y), behindContrast * behind.Row(y)) >> 6;
            }
        }
    }

    /// <summary>A row of pixels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Shade(short brightness, Vector512<short> wave, Vector512<short> noise)
    {
        var noisy = ((noise - Vector512.Create((short)128)) * Noise) >> 7;
        return Vector512.Min(Vector512.Max(Vector512.Create(brightness) + wave + noisy, Vector512<short>.Zero), Vector512.Create((short)byte.MaxValue));
    }

    private static int Around(RandomStream random, int most) => random.NextInt32(2 * most + 1) - most;

    private static void Fill(RandomStream random, Span<byte> noise)
    {
        var words = MemoryMarshal.Cast<byte, uint>(noise);
        random.NextUInt32s(words);
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(words, words); // so that the order of bytes in memory has no say
    }

    /// <summary>Stripes of a direction and a width.</summary>
    private readonly record struct Pattern(int Right, int Down, int Phase)
    {
        /// <summary>A row of a smooth wave from −64 to 64: two parabolas, the one upside down.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<short> Row(int y)
        {
            var phase = (Vector512.Create((short)Right) * Vector512<short>.Indices + Vector512.Create((short)(Down * y + Phase))) & Vector512.Create((short)255);
            var half = phase & Vector512.Create((short)127);
            var height = (half * (Vector512.Create((short)128) - half)) >> 6;
            return Vector512.ConditionalSelect(Vector512.LessThan(phase, Vector512.Create((short)128)), height, -height);
        }
    }
}
