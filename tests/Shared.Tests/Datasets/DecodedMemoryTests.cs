using System.Globalization;
using FlDurable.Shared.Datasets.Images;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Datasets;

/// <summary>A process's memory is everybody's: alone.</summary>
[Collection(nameof(Alone))]
public sealed class DecodedMemoryTests
{
    // FLDURABLE_DECODES=300000 measures as many as a large data set has.
    private static readonly int Decodes = int.Parse(Environment.GetEnvironmentVariable("FLDURABLE_DECODES") ?? "12000", CultureInfo.InvariantCulture);

    [Fact]
    public void Decoding_again_and_again_leaves_memory_flat()
    {
        const long few = 24 << 20;
        var files = new[] { "420.jpg", "progressive.jpg", "interlaced.png", "lossy-alpha.webp", "animated.gif", "32.bmp" }
            .Select(ImageDecoderTests.Picture).ToList();
        var damaged = files[0][..^40];
        Decode(Decodes / 4);
        var before = Resident();
        Decode(Decodes);
        var grown = Resident() - before;

        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"{Decodes} decodes: {before >> 10} KiB before, {grown >> 10} KiB more after"));
        Assert.InRange(grown, long.MinValue, few);

        void Decode(int count)
        {
            for (var number = 0; number < count; number++)
            {
                var file = files[number % files.Count];
                var shape = ImageDecoder.ShapeOf(file, "");
                ImageDecoder.Decode(file, "", shape, new byte[shape.Length]);
                if (number % 10 == 0)
                    Record.Exception(() => ImageDecoder.Decode(damaged, "", shape, new byte[shape.Length]));
            }
        }

        static long Resident()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            return Environment.WorkingSet;
        }
    }
}
