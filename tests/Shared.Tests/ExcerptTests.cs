using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Tests;

public sealed class ExcerptTests
{
    [Theory]
    [InlineData("", 3, "")]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "abc…")]
    [InlineData("ab😀", 4, "ab😀")]
    [InlineData("ab😀c", 3, "ab…")]
    [InlineData("ab😀c", 4, "ab😀…")]
    public void A_text_keeps_its_beginning_in_whole_characters(string text, int most, string beginning) =>
        Assert.Equal(beginning, Excerpt.Of(text, most));

    [Fact]
    public void A_counted_text_tells_how_long_it_is_only_where_it_is_cut()
    {
        Assert.Equal("abc", Excerpt.Counted("abc", 3));
        Assert.Equal("abc… (4 characters)", Excerpt.Counted("abcd", 3));
    }

    [Fact]
    public void A_printable_text_has_no_control_characters() => Assert.Equal("a?[2J?b…", Excerpt.Printable("a\u001b[2J\nbc", 7));
}
