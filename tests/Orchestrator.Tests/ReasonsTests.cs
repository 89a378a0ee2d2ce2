using System.Text;
using CsCheck;
using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator.Tests;

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

    [Fact]
    public void A_long_reason_keeps_its_beginning() => Assert.Equal("0123456…", Reasons.Shorten("0123456789abcdef", 10));
}
