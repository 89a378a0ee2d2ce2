using FlDurable.Shared.Datasets;
using SkiaSharp;

namespace FlDurable.LocalHost.Pictures;

/// <summary>Images in rows of eight, enlarged, each with its class below it.</summary>
internal static class LabelledGrid
{
    private const int Columns = 8;
    private const int SmallestImage = 128;
    private const int Gap = 8;
    private const int FontSize = 13;
    private const int LineHeight = 16;

    /// <param name="examples">Images of 1 or 3 channels; of others the first is drawn.</param>
    /// <param name="classes">The labels' names.</param>
    public static Picture Draw(ImageExamples examples, IReadOnlyList<string> classes)
    {
        var shape = examples.Shape;
        var scale = Math.Max(1, (SmallestImage + shape.Width - 1) / shape.Width);
        var (width, height) = (shape.Width * scale, shape.Height * scale);
        var labels = new DrawableLabels(classes, FontSize, width);
        var cellText = labels.Lines * LineHeight + Gap / 2;
        var columns = Math.Min(Columns, examples.Count);
        var rows = (examples.Count + columns - 1) / columns;
        var picture = new Picture(Gap + columns * (width + Gap), Gap + rows * (height + cellText + Gap));
        picture.Add(canvas =>
        {
            using var font = new SKFont(PictureFont.Typeface, FontSize);
            using var black = new SKPaint { Color = SKColors.Black, IsAntialias = true };
            for (var index = 0; index < examples.Count; index++)
            {
                var left = Gap + index % columns * (width + Gap);
                var top = Gap + index / columns * (height + cellText + Gap);
                using var image = ExampleImage.Draw(examples, index);
                using var enlarged = image.Resize(new SKSizeI(width, height), new SKSamplingOptions(SKFilterMode.Nearest));
                canvas.DrawBitmap(enlarged, left, top);
                foreach (var (row, line) in labels.Of(examples.Label(index)).Index())
                    canvas.DrawText(line, left + width / 2f, top + height + (row + 1) * LineHeight, SKTextAlign.Center, font, black);
            }
        });
        return picture;
    }
}
