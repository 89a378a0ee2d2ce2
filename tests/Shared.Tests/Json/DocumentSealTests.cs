using System.Text;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;

namespace FlDurable.Shared.Tests.Json;

public sealed class DocumentSealTests
{
    private static readonly RoundRecord Record = new()
    {
        Round = 3,
        FitLoss = 0.1,
        Seconds = 1.5,
        ParametersSha256 = "abc",
        Engine = "lanes",
        DatasetDigest = "def",
        Participants = [new RoundParticipant { Client = "client-0", Examples = 9, FitLoss = 0.25, Seconds = 0.5 }],
        Failures = [new ClientFailure("client-1", "TrainClient", "näher \"wo\"")],
    };

    [Fact]
    public void A_document_has_the_same_seal_before_and_after_it_is_sealed_written_and_read()
    {
        var seal = DocumentSeal.Of(Record);
        var written = ContractJson.SerializeToUtf8(Record with { Seal = seal });

        Assert.Equal(seal, DocumentSeal.Of(written));
        Assert.Equal(seal, DocumentSeal.Of(ContractJson.Deserialize<RoundRecord>(written)));
    }

    [Fact]
    public void Times_are_no_part_of_a_seal() => Assert.Equal(
        DocumentSeal.Of(Record),
        DocumentSeal.Of(Record with { Seconds = 2, Participants = [Record.Participants[0] with { Seconds = 7 }] }));

    [Fact]
    public void Every_other_byte_is_part_of_it()
    {
        var seal = DocumentSeal.Of(Record);
        var written = ContractJson.SerializeToUtf8(Record);
        var times = Encoding.UTF8.GetString(written);
        for (var at = 0; at < written.Length; at++)
        {
            if (IsTime(times, at))
                continue;
            for (var bit = 0; bit < 8; bit++)
            {
                byte[] damaged = [.. written];
                damaged[at] ^= (byte)(1 << bit);
                Assert.True(IsSeen(damaged, seal), $"byte {at}, bit {bit}: {Encoding.UTF8.GetString(damaged)}");
            }
        }
    }

    [Fact]
    public void A_seal_within_a_document_is_part_of_it() => Assert.NotEqual(
        DocumentSeal.Of("""{"a":{"seal":"1"}}"""u8), DocumentSeal.Of("""{"a":{"seal":"2"}}"""u8));

    [Fact]
    public void What_moves_from_one_token_to_the_next_is_seen() => Assert.NotEqual(
        DocumentSeal.Of("""{"a":"b","c":""}"""u8), DocumentSeal.Of("""{"a":"","bc":""}"""u8));

    private static bool IsSeen(byte[] damaged, string seal)
    {
        try
        {
            return ContractJson.Deserialize<RoundRecord>(damaged) is null || DocumentSeal.Of(damaged) != seal;
        }
        catch (System.Text.Json.JsonException)
        {
            return true;
        }
    }

    // The bytes of the two values that a seal leaves out. Their names are none of them.
    private static bool IsTime(string json, int at)
    {
        const string name = "\"seconds\":";
        for (var start = json.IndexOf(name, StringComparison.Ordinal); start >= 0; start = json.IndexOf(name, start + 1, StringComparison.Ordinal))
        {
            var bytes = Encoding.UTF8.GetByteCount(json.AsSpan(0, start + name.Length));
            if (at >= bytes && at < bytes + 3)
                return true;
        }

        return false;
    }
}
