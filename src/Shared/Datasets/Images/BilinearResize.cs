using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets.Images;

/// <summary>
/// Another size by an antialiased bilinear filter, as Pillow resizes and PyTorch's users train on: a triangle as wide as the larger of a pixel
/// here and a pixel there, in coefficients of 22 bits. Along the rows first, then along the columns, with bytes between. Whole numbers
/// only, so that the result is the same on every machine.
/// </summary>
internal sealed class BilinearResize
{
    private const int FractionBits = 22;

    private readonly ImageShape from;
    private readonly ImageShape to;
    private readonly Axis columns;
    private readonly Axis rows;

    /// <summary>From one shape to another of as many channels.</summary>
    public BilinearResize(ImageShape from, ImageShape to)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(to.Channels, from.Channels);
        (this.from, this.to) = (from, to);
        columns = new Axis(from.Width, to.Width);
        rows = new Axis(from.Height, to.Height);
    }

    /// <summary>Resizes an image.</summary>
    /// <param name="pixels">Its values in the order of <see cref="ImageShape"/>.</param>
    /// <param name="resized">Where those of the other size go.</param>
    public void Resize(ReadOnlySpan<byte> pixels, Span<byte> resized)
    {
        var between = new byte[from.Height * to.Width];
        for (var channel = 0; channel < from.Channels; channel++)
        {
            var plane = pixels.Slice(channel * from.Height * from.Width, from.Height * from.Width);
            var target = resized.Slice(channel * to.Height * to.Width, to.Height * to.Width);
            for (var row = 0; row < from.Height; row++)
                columns.Apply(plane.Slice(row * from.Width, from.Width), 1, between.AsSpan(row * to.Width, to.Width), 1);
            for (var column = 0; column < to.Width; column++)
                rows.Apply(between.AsSpan(column), to.Width, target[column..], to.Width);
        }
    }

    /// <summary>The coefficients of one axis: for each value there, a window of values here and their weights.</summary>
    private sealed class Axis
    {
        private readonly (int First, int[] Weights)[]? windows;
        private readonly int length;

        public Axis(int from, int to)
        {
            length = to;
            if (from != to)
                windows = [.. Enumerable.Range(0, to).Select(index => Window(index, from, to))];
        }

        public void Apply(ReadOnlySpan<byte> values, int stride, Span<byte> resized, int resizedStride)
        {
            for (var index = 0; index < length; index++)
            {
                if (windows is null)
                {
                    resized[index * resizedStride] = values[index * stride];
                    continue;
                }

                var (first, weights) = windows[index];
                var sum = 1 << (FractionBits - 1);
                for (var at = 0; at < weights.Length; at++)
                    sum += weights[at] * values[(first + at) * stride];
                resized[index * resizedStride] = (byte)Math.Clamp(sum >> FractionBits, 0, byte.MaxValue);
            }
        }

        /// <summary>In units of half a pixel here times a pixel there, in which every centre and every distance is a whole number.</summary>
        private static (int First, int[] Weights) Window(int index, long from, long to)
        {
            var support = Math.Max(from, to);
            var centre = (2L * index + 1) * from;
            var first = Math.Max(0, centre - 2 * support + to) / (2 * to);
            var end = Math.Min(from, (centre + 2 * support + to) / (2 * to));
            var distances = new List<long>();
            for (var value = first; value < end; value++)
                distances.Add(Math.Max(0, 2 * support - Math.Abs((2 * value + 1) * to - centre)));
            var sum = distances.Sum();
            return ((int)first, [.. distances.Select(weight => (int)(((weight << (FractionBits + 1)) + sum) / (2 * sum)))]);
        }
    }
}
