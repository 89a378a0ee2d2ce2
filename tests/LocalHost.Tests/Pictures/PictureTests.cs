using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Pictures;
using SkiaSharp;

namespace FlDurable.LocalHost.Tests.Pictures;

public sealed partial class PictureTests
{
    [Fact]
    public void A_png_file_has_the_pixels_of_its_picture()
    {
        var picture = new Picture(width: 7, height: 5);
        picture.Add(canvas =>
        {
            using var paint = new SKPaint { Color = new SKColor(10, 20, 30) };
            canvas.DrawRect(2, 1, 3, 3, paint);
        });

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

    /// <summary>The bytes that this picture has on any machine, with fonts or without.</summary>
    [Fact]
    public void An_svg_file_has_the_same_bytes_everywhere()
    {
        var expected = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Pictures", "curves.svg"), Encoding.UTF8);

        Assert.Equal(expected, Curves().ToSvg());
        Assert.Equal(expected, Curves().ToSvg()); // whatever else the process has drawn
    }

    [Fact]
    public void An_svg_file_is_a_document_with_its_words_in_the_built_in_font()
    {
        var svg = Curves().ToSvg();

        var document = XDocument.Parse(svg);
        var texts = document.Descendants().Where(element => element.Name.LocalName == "text").ToList();
        Assert.Contains(texts, text => text.Value.Trim() == "accuracy <ε> & more");
        Assert.All(texts, text => Assert.Equal("DejaVu Sans, Verdana, sans-serif", text.Attribute("font-family")!.Value));
        Assert.All(texts, text => Assert.DoesNotMatch(EndsInComma(), $"{text.Attribute("x")?.Value}|{text.Attribute("y")?.Value}"));
    }

    [Theory]
    [InlineData("a.svg", "Svg")]
    [InlineData("a.PNG", "Png")]
    [InlineData("-", "Png")]
    [InlineData("/dev/fd/63", "Png")]
    public void The_name_says_which_kind_a_file_is(string path, string kind) => Assert.Equal(kind, PictureKinds.Of("--out", path).ToString());

    [Fact]
    public void A_name_of_another_kind_is_refused() => Assert.Equal(
        "--out: expected a name that ends in .png or .svg, got '.pdf' in 'a.pdf'", Assert.Throws<UsageException>(() => PictureKinds.Of("--out", "a.pdf")).Message);

    private static Picture Curves()
    {
        var picture = new Picture(640, 360);
        picture.Add(
            CurveChart.Create("accuracy <ε> & more", "round",
            [
                new Curve("central", [.. Enumerable.Range(0, 21).Select(round => new CurvePoint(round, round / 20.0))]),
                new Curve("fit", [.. Enumerable.Range(1, 20).Select(round => new CurvePoint(round, round == 7 ? double.NaN : round * round / 400.0))]),
            ]),
            0, 0, 640, 360);
        return picture;
    }

    [GeneratedRegex(@",\s*(\||$)", RegexOptions.ExplicitCapture)]
    private static partial Regex EndsInComma();
}
