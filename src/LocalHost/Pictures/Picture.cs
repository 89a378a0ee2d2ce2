namespace FlDurable.LocalHost.Pictures;

/// <summary>An RGB picture, white at first.</summary>
internal sealed class Picture
{
    private const int Channels = 3;

    private readonly byte[] pixels;

    public Picture(int width, int height)
    {
        Width = width;
        Height = height;
        pixels = new byte[checked(width * height * Channels)];
        pixels.AsSpan().Fill(byte.MaxValue);
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Fills a square.</summary>
    public void Fill(int left, int top, int size, byte red, byte green, byte blue) => Fill(left, top, size, size, red, green, blue);

    /// <summary>Fills a rectangle.</summary>
    public void Fill(int left, int top, int width, int height, byte red, byte green, byte blue)
    {
        for (var y = top; y < top + height; y++)
        {
            for (var x = left; x < left + width; x++)
            {
                var at = (y * Width + x) * Channels;
                (pixels[at], pixels[at + 1], pixels[at + 2]) = (red, green, blue);
            }
        }
    }

    /// <summary>As a PNG file.</summary>
    public byte[] ToPng() => PngFile.Write(pixels, Width);
}
