using FlDurable.Shared.Networks;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// Images that a small network learns to tell apart, but not at once: a patch of stripes somewhere on other stripes, under noise. The
/// patch's direction and width are the class; place, colours, contrast and what is behind say nothing about it. Integer arithmetic only,
/// so that every machine makes the same.
/// </summary>
internal static class SyntheticImages
{
    /// <summary>Of CIFAR-10's shape.</summary>
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
    private const int Noise = 60;

    /// <summary>The classes' names.</summary>
    public static IReadOnlyList<string> Classes { get; } = [.. Stripes.Select(stripes => stripes.Name)];

    /// <summary>Makes one image.</summary>
    /// <param name="random">Its stream.</param>
    /// <param name="label">Its class.</param>
    /// <param name="pixels">Where it goes, in the order of <see cref="ImageShape"/>.</param>
    public static void Draw(RandomStream random, int label, Span<byte> pixels)
    {
        var (_, right, down) = Stripes[label];
        var patch = new Pattern(right + Around(random, DirectionJitter), down + Around(random, DirectionJitter), random.NextInt32(256));
        var behind = new Pattern(Around(random, BehindRange), Around(random, BehindRange), random.NextInt32(256));
        var size = LeastPatch + random.NextInt32(PatchSizes);
        var left = random.NextInt32(Shape.Width - size + 1);
        var top = random.NextInt32(Shape.Height - size + 1);
        Span<byte> noise = stackalloc byte[Shape.Height * Shape.Width];
        Span<int> patchWave = stackalloc int[noise.Length];
        Span<int> behindWave = stackalloc int[noise.Length];
        for (var at = 0; at < noise.Length; at++)
        {
            var (y, x) = Math.DivRem(at, Shape.Width);
            var inPatch = (uint)(x - left) < (uint)size && (uint)(y - top) < (uint)size;
            patchWave[at] = inPatch ? patch.At(x, y) : 0;
            behindWave[at] = inPatch ? 0 : behind.At(x, y);
        }

        for (var channel = 0; channel < Shape.Channels; channel++)
        {
            Fill(random, noise);
            var brightness = 128 + Around(random, BrightnessRange);
            var patchContrast = Around(random, PatchContrast);
            var behindContrast = Around(random, BehindContrast);
            var plane = pixels.Slice(channel * noise.Length, noise.Length);
            for (var at = 0; at < plane.Length; at++)
            {
                var wave = (patchContrast * patchWave[at] + behindContrast * behindWave[at]) >> 6;
                plane[at] = (byte)Math.Clamp(brightness + wave + (((noise[at] - 128) * Noise) >> 7), 0, 255);
            }
        }
    }

    private static int Around(RandomStream random, int most) => random.NextInt32(2 * most + 1) - most;

    private static void Fill(RandomStream random, Span<byte> noise)
    {
        // Byte by byte of each word, so that the order of bytes in memory has no say.
        for (var at = 0; at < noise.Length; at += 4)
        {
            var word = random.NextUInt32();
            noise[at] = (byte)word;
            noise[at + 1] = (byte)(word >> 8);
            noise[at + 2] = (byte)(word >> 16);
            noise[at + 3] = (byte)(word >> 24);
        }
    }

    /// <summary>Stripes of a direction and a width.</summary>
    private readonly record struct Pattern(int Right, int Down, int Phase)
    {
        /// <summary>A smooth wave from −64 to 64: two parabolas, the one upside down.</summary>
        public int At(int x, int y)
        {
            var phase = (Right * x + Down * y + Phase) & 255;
            var half = phase & 127;
            var height = (half * (128 - half)) >> 6;
            return phase < 128 ? height : -height;
        }
    }
}
