using FlDurable.LocalHost.Pictures;
using SkiaSharp;

namespace FlDurable.LocalHost.Tests.Pictures;

public sealed class DrawableLabelsTests
{
    private const int Size = 13;
    private const int Width = 80;

    [Theory]
    [InlineData("cat", "cat")]
    [InlineData("Käfer", "Käfer")]
    [InlineData("\u0396\u03B5\u03CD\u03C2", "\u0396\u03B5\u03CD\u03C2")]
    [InlineData("Ka\u0308fer", "Kau0308.fer")]
    [InlineData("\u732B", "u732B.")]
    [InlineData("\U0001F9A9\u200B", "u1F9A9.u200B.")]
    [InlineData("\u05D7\u05EA", "u05D7.u05EA.")]
    public void A_name_is_drawn_in_letters_that_are_there(string name, string drawn) => Assert.Equal(drawn, string.Concat(new DrawableLabels([name], Size, 1_000).Of(0)));

    [Theory]
    [InlineData("narrow-long-name-of-a-class", "narrow-long-name-of-a-class-2")]
    [InlineData("Bar", "B\u00E4r")]
    [InlineData("\u732B", "\u72AC")]
    [InlineData("caf\u00E9", "cafe\u0301")]
    [InlineData("a", "\u0430")]
    [InlineData("Alpha", "\u0391lpha")]
    public void Two_names_never_look_the_same(string one, string other)
    {
        var labels = new DrawableLabels([one, other], Size, Width);

        Assert.NotEqual(Draw(labels.Of(0)), Draw(labels.Of(1)));
        Assert.Equal(Math.Max(labels.Of(0).Length, labels.Of(1).Length), labels.Lines);
    }

    [Fact]
    public void No_line_is_wider_than_there_is_room()
    {
        using var font = new SKFont(PictureFont.Typeface, Size);

        var lines = new DrawableLabels(["a-name-that-is-much-too-long-for-its-image"], Size, Width).Of(0);

        Assert.True(lines.Length > 2);
        Assert.All(lines, line => Assert.InRange(font.MeasureText(line), 1, Width));
    }

    private static string Draw(string[] lines)
    {
        var picture = new Picture(Width, 100);
        picture.Add(canvas =>
        {
            using var font = new SKFont(PictureFont.Typeface, Size);
            using var black = new SKPaint { Color = SKColors.Black };
            foreach (var (row, line) in lines.Index())
                canvas.DrawText(line, 0, (row + 1) * 16, font, black);
        });
        return Convert.ToHexString(picture.ToPng());
    }
}
