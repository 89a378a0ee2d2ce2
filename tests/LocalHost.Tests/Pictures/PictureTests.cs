using FlDurable.LocalHost.Pictures;
using SkiaSharp;

namespace FlDurable.LocalHost.Tests.Pictures;

public sealed class PictureTests
{
    [Fact]
    public void A_png_file_has_the_pixels_of_its_picture()
    {
        var picture = new Picture(width: 7, height: 5);
        picture.Fill(left: 2, top: 1, size: 3, red: 10, green: 20, blue: 30);

        using var read = SKBitmap.Decode(picture.ToPng());

        Assert.Equal((7, 5), (read.Width, read.Height));
        for (var y = 0; y < 5; y++)
        {
            for (var x = 0; x < 7; x++)
            {
                var expected = x is >= 2 and < 5 && y is >= 1 and < 4 ? new byte[] { 10, 20, 30 } : [255, 255, 255];
                var pixel = read.GetPixel(x, y);
                Assert.Equal(expected, new[] { pixel.Red, pixel.Green, pixel.Blue });
            }
        }
    }

    [Fact]
    public void Every_letter_and_digit_has_a_form_of_its_own()
    {
        const string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ .";

        Assert.All(letters, letter => Assert.True(PixelFont.Default.Has(letter), $"'{letter}'"));
        Assert.Equal(letters.Length, letters.Select(letter => Convert.ToHexString(Draw(letter.ToString()))).Distinct().Count());
    }

    [Fact]
    public void A_letter_that_the_font_lacks_is_a_box() => Assert.Equal(Draw("\uFFFD"), Draw("猫"));

    private static byte[] Draw(string text)
    {
        var picture = new Picture(PixelFont.Advance, PixelFont.Height);
        PixelFont.Default.Draw(picture, text, left: 0, top: 0, scale: 1);
        return picture.ToPng();
    }
}
