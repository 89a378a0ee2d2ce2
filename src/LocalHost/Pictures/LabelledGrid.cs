using FlDurable.Shared.Datasets;

namespace FlDurable.LocalHost.Pictures;

/// <summary>Images in rows of eight, enlarged, each with its class below it.</summary>
internal static class LabelledGrid
{
    private const int Columns = 8;
    private const int SmallestImage = 128;
    private const int Gap = 8;
    private const int TextScale = 2;
    private const int LineHeight = PixelFont.Height * TextScale;

    /// <param name="examples">Images of 1 or 3 channels; of others the first is drawn.</param>
    /// <param name="classes">The labels' names.</param>
    public static Picture Draw(ImageExamples examples, IReadOnlyList<string> classes)
    {
        var shape = examples.Shape;
        var scale = Math.Max(1, (SmallestImage + shape.Width - 1) / shape.Width);
        var (width, height) = (shape.Width * scale, shape.Height * scale);
        var labels = new DrawableLabels(classes, width / (PixelFont.Advance * TextScale));
        var cellText = labels.Lines * LineHeight + Gap / 2;
        var columns = Math.Min(Columns, examples.Count);
        var rows = (examples.Count + columns - 1) / columns;
        var picture = new Picture(Gap + columns * (width + Gap), Gap + rows * (height + cellText + Gap));
        for (var index = 0; index < examples.Count; index++)
        {
            var left = Gap + index % columns * (width + Gap);
            var top = Gap + index / columns * (height + cellText + Gap);
            DrawImage(picture, examples, index, left, top, scale);
            foreach (var (row, line) in labels.Of(examples.Label(index)).Index())
            {
                var indent = (width - line.Length * PixelFont.Advance * TextScale) / 2;
                PixelFont.Default.Draw(picture, line, left + indent, top + height + Gap / 2 + row * LineHeight, TextScale);
            }
        }

        return picture;
    }

    private static void DrawImage(Picture picture, ImageExamples examples, int index, int left, int top, int scale)
    {
        var shape = examples.Shape;
        var plane = shape.Height * shape.Width;
        var pixels = examples.Pixels(index);
        var (green, blue) = shape.Channels == 3 ? (plane, 2 * plane) : (0, 0);
        for (var at = 0; at < plane; at++)
        {
            picture.Fill(
                left + at % shape.Width * scale, top + at / shape.Width * scale, scale, pixels[at], pixels[at + green], pixels[at + blue]);
        }
    }
}
