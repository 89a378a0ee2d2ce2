using CsCheck;
using FlDurable.Shared.Datasets.Images;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class BilinearResizeTests
{
    // Pillow's bytes for a row with one white pixel (12.3; the same in 13).
    [Theory]
    [InlineData(5, 3, 1, "109 57 0")]
    [InlineData(5, 3, 2, "0 142 0")]
    [InlineData(8, 4, 2, "36 96 0 0")]
    [InlineData(3, 5, 0, "255 153 0 0 0")]
    [InlineData(3, 5, 1, "0 102 255 102 0")]
    public void A_white_pixel_is_spread_as_Pillow_spreads_it(int from, int to, int white, string expected)
    {
        var row = new byte[from];
        row[white] = 255;

        Assert.Equal(expected, string.Join(' ', Resize(row, new ImageShape(1, 1, from), new ImageShape(1, 1, to))));
        Assert.Equal(expected, string.Join(' ', Resize(row, new ImageShape(1, from, 1), new ImageShape(1, to, 1))));
    }

    [Fact]
    public void Any_image_has_the_bytes_of_Pillows_rule_in_double_precision() =>
        (from height in Gen.Int[1, 40]
         from width in Gen.Int[1, 40]
         from toHeight in Gen.Int[1, 40]
         from toWidth in Gen.Int[1, 40]
         from pixels in Gen.Byte.Array[3 * height * width]
         select (new ImageShape(3, height, width), new ImageShape(3, toHeight, toWidth), pixels))
        .Sample((from, to, pixels) => Assert.Equal(Reference(pixels, from, to), Resize(pixels, from, to)));

    [Fact]
    public void An_image_of_the_same_size_stays_as_it_is()
    {
        var pixels = Enumerable.Range(0, 60).Select(value => (byte)(7 * value)).ToArray();

        Assert.Equal(pixels, Resize(pixels, new ImageShape(3, 4, 5), new ImageShape(3, 4, 5)));
    }

    private static byte[] Resize(byte[] pixels, ImageShape from, ImageShape to)
    {
        var resized = new byte[to.Length];
        new BilinearResize(from, to).Resize(pixels, resized);
        return resized;
    }

    private static byte[] Reference(byte[] pixels, ImageShape from, ImageShape to)
    {
        var resized = new List<byte>();
        for (var channel = 0; channel < from.Channels; channel++)
        {
            var plane = pixels.AsSpan(channel * from.Height * from.Width, from.Height * from.Width).ToArray();
            var rows = plane.Chunk(from.Width).Select(row => Along(row, to.Width)).ToArray();
            var columns = Enumerable.Range(0, to.Width).Select(column => Along([.. rows.Select(row => row[column])], to.Height)).ToArray();
            for (var row = 0; row < to.Height; row++)
                resized.AddRange(columns.Select(column => column[row]));
        }

        return [.. resized];
    }

    /// <summary>Pillow's Resample.c: a triangle of half-width max(1, scale), coefficients times 2^22 and rounded.</summary>
    private static byte[] Along(byte[] values, int length)
    {
        if (values.Length == length)
            return values;
        var scale = (double)values.Length / length;
        var support = Math.Max(1, scale);
        return [.. Enumerable.Range(0, length).Select(index =>
        {
            var centre = (index + 0.5) * scale;
            var first = Math.Max(0, (int)(centre - support + 0.5));
            var end = Math.Min(values.Length, (int)(centre + support + 0.5));
            var weights = Enumerable.Range(first, end - first).Select(value => Math.Max(0, 1 - Math.Abs((value + 0.5 - centre) / support))).ToList();
            var sum = weights.Sum();
            var total = (1L << 21) + weights.Select((weight, at) => (long)(0.5 + weight / sum * (1 << 22)) * values[first + at]).Sum();
            return (byte)Math.Clamp(total >> 22, 0, 255);
        })];
    }
}
