using System.Text;
using CsCheck;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;

namespace FlDurable.Shared.Tests.Failures;

public sealed class ReasonsTests
{
    [Fact]
    public void A_reason_never_takes_more_bytes_of_JSON_than_allowed() =>
        Gen.Select(Gen.String, Gen.Int[10, 200]).Sample((reason, most) =>
            Encoding.UTF8.GetByteCount(ContractJson.Serialize(Reasons.Shorten(reason, most))) - 2 <= most);

    [Fact]
    public void A_short_reason_stays_as_it_is() => Assert.Equal("disk full: 'a/b'", Reasons.Shorten("disk full: 'a/b'", 100));

    [Fact]
    public void Lines_become_one() => Assert.Equal("one two", Reasons.Shorten("one\r\n  two\n", 100));

    [Theory]
    [InlineData("a\u001b[31mb", "a [31mb")]
    [InlineData("\u0007a\u009bb\u007f", "a b")]
    [InlineData("a\tb", "a b")]
    public void Nothing_that_a_terminal_obeys_stays(string reason, string expected) => Assert.Equal(expected, Reasons.Shorten(reason, 100));

    [Fact]
    public void A_long_reason_keeps_its_beginning() => Assert.Equal("0123456…", Reasons.Shorten("0123456789abcdef", 10));
}
