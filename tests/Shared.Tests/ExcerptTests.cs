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

    [Theory]
    [InlineData('\u061C')]
    [InlineData('\u0085')]
    [InlineData('\u200E')]
    [InlineData('\u200F')]
    [InlineData('\u2028')]
    [InlineData('\u2029')]
    [InlineData('\u202A')]
    [InlineData('\u202E')]
    [InlineData('\u2066')]
    [InlineData('\u2069')]
    public void What_turns_the_direction_of_a_text_or_ends_its_line_is_not_printable(char acting) => Assert.Equal("a?b", Excerpt.Printable($"a{acting}b"));

    [Theory]
    [InlineData('\u200D')] // joins an emoji's parts
    [InlineData('\u202F')]
    [InlineData('\u2065')]
    [InlineData('\u206A')]
    [InlineData('א')]
    public void Other_characters_are_shown(char other) => Assert.Equal($"a{other}b", Excerpt.Printable($"a{other}b"));

    [Fact]
    public void A_printable_text_has_no_control_characters() => Assert.Equal("a?[2J?b…", Excerpt.Printable("a\u001b[2J\nbc", 7));
}
