using FlDurable.LocalHost.Pictures;

namespace FlDurable.LocalHost.Tests.Pictures;

public sealed class DrawableLabelsTests
{
    private const int Width = 10;

    [Theory]
    [InlineData("cat", "cat")]
    [InlineData("exactly-10", "exactly-10")]
    [InlineData("narrow-long-name", "narrow-lon|g-name")]
    [InlineData("Käfer", "Kafer")]
    [InlineData("Ka\u0308fer", "Kafer")]
    [InlineData("Gr\u00F6\u00DFe", "Grosse")]
    [InlineData("\u0141\u00F3d\u017A", "Lodz")]
    [InlineData("\u732B", "u732B.")]
    [InlineData("\U0001F431", "u1F431.")]
    [InlineData("cat \u732B", "cat u732B.")]
    public void A_name_is_drawn_in_letters_that_are_there(string name, string lines) =>
        Assert.Equal(lines, string.Join('|', new DrawableLabels([name], Width).Of(0)));

    [Theory]
    [InlineData("narrow-long-name", "narrow-long-names")]
    [InlineData("narrow-lo.", "narrow-long")]
    [InlineData("Bar", "B\u00E4r")]
    [InlineData("\u732B", "\u72AC")]
    [InlineData("resum\u00E9", "r\u00E9sume")]
    public void Two_names_are_never_drawn_alike(string one, string other)
    {
        var labels = new DrawableLabels([one, other], Width);

        Assert.NotEqual(labels.Of(0), labels.Of(1));
        Assert.All([.. labels.Of(0), .. labels.Of(1)], line => Assert.True(line.Length <= Width && line.All(PixelFont.Default.Has), line));
        Assert.Equal(Math.Max(labels.Of(0).Length, labels.Of(1).Length), labels.Lines);
    }
}
