using System.Text;
using System.Text.RegularExpressions;
using ScottPlot;
using ScottPlot.Rendering.RenderActions;
using SkiaSharp;

namespace FlDurable.LocalHost.Pictures;

/// <summary>A white picture of plots and what else is drawn on it, as a file of pixels or of lines.</summary>
/// <param name="width">Its width in pixels.</param>
/// <param name="height">Its height in pixels.</param>
internal sealed partial class Picture(int width, int height)
{
    private readonly List<Action<SKCanvas>> parts = [];

    /// <summary>Its width in pixels.</summary>
    public int Width { get; } = width;

    /// <summary>Its height in pixels.</summary>
    public int Height { get; } = height;

    /// <summary>How many pixels of a PNG file are one of the picture's: curves are drawn finer than screens show them, to be printed.</summary>
    public int Fineness { get; init; } = 1;

    /// <summary>Puts a plot somewhere.</summary>
    public void Add(Plot plot, int left, int top, int width, int height)
    {
        plot.RenderManager.Remove<ClearCanvas>(); // which clears all that is there
        Add(canvas =>
        {
            plot.RenderInMemory(width, height); // lays it out: a plot that is not laid out yet draws itself twice, and a file of lines would have both
            plot.Render(canvas, new PixelRect(left, left + width, top + height, top));
        });
    }

    /// <summary>Adds what draws itself.</summary>
    public void Add(Action<SKCanvas> part) => parts.Add(part);

    /// <summary>As a file of the kind that its name asks for.</summary>
    public byte[] As(PictureKind kind) => kind == PictureKind.Svg ? Encoding.UTF8.GetBytes(ToSvg()) : ToPng();

    /// <summary>As a PNG file.</summary>
    public byte[] ToPng()
    {
        using var pixels = new SKBitmap(new SKImageInfo(Width * Fineness, Height * Fineness, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(pixels))
        {
            canvas.Scale(Fineness);
            Draw(canvas);
        }

        return ToPng(pixels);
    }

    /// <summary>Pixels as a PNG file.</summary>
    public static byte[] ToPng(SKBitmap pixels)
    {
        const int compression = 6;
        using var pixmap = pixels.PeekPixels()!;
        using var file = pixmap.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.NoFilters, compression))!;
        return file.ToArray();
    }

    /// <summary>As an SVG document. Its text is text, in the built-in font where a machine has that, else in one without serifs.</summary>
    public string ToSvg()
    {
        using var written = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(SKRect.Create(Width, Height), written))
            Draw(canvas);

        // Skia numbers what it names, in hexadecimal, through all documents of a process.
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var text = Encoding.UTF8.GetString(written.GetBuffer(), 0, (int)written.Length);
        return NamedPart().Replace(text, match => $"{match.Groups["kind"].Value}_{NumberOf(match.Groups["number"].Value)}")
            .ReplaceLineEndings("\n")
            .Replace(", \"", "\"", StringComparison.Ordinal) // Skia ends its lists of numbers with a comma, which SVG has no place for
            .Replace($"font-family=\"{PictureFont.Typeface.FamilyName}\"", $"font-family=\"{PictureFont.Typeface.FamilyName}, Verdana, sans-serif\"", StringComparison.Ordinal);

        int NumberOf(string number) => numbers.TryGetValue(number, out var own) ? own : numbers[number] = numbers.Count + 1;
    }

    [GeneratedRegex("(?<= id=\"|url\\(#|href=\"#)(?<kind>[A-Za-z]+)_(?<number>[0-9a-f]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex NamedPart();

    private void Draw(SKCanvas canvas)
    {
        canvas.Clear(SKColors.White);
        foreach (var part in parts)
            part(canvas);
    }
}
