using System.Buffers.Binary;
using System.Text;
using CsCheck;
using FlDurable.Shared.Parameters;

namespace FlDurable.Shared.Tests.Parameters;

/// <summary>Whatever the bytes are: parameters, or the one exception, and no more memory than the header's length lets expect.</summary>
public sealed class HostileSafetensorsTests
{
    // What parsing a header takes, for each of its bytes: tables of tokens, names and shapes.
    private const int BytesAHeaderByte = 200;
    private const int BytesOfACall = 200_000;

    private static readonly ParameterLayout Layout = new([("conv1.weight", [2, 3]), ("conv1.bias", [2])]);

    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ":", ",", "\"", "\\", "\\ud800", "\\u0000", "\u00ff", "-1", "0", "1e9", "2147483648", "9223372036854775807",
        "99999999999999999999999999", "null", "true", " ", "\n", "\"dtype\":\"F32\"", "\"shape\":[2,3]", "\"shape\":[]", "\"data_offsets\":[0,24]",
        "\"data_offsets\":[8,0]", "\"__metadata__\":{}", "\"conv1.bias\":", "\"conv1.weight\":", "F64", "F8_E5M2", "\ufeff", "[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":{\"a\":",
    ];

    private static readonly Gen<string> GenPiece = Gen.Int[0, Pieces.Length - 1].Select(index => Pieces[index]);

    private static readonly Gen<Func<byte[], byte[]>> GenMutation = Gen.OneOf(
        Gen.Select(Gen.Int[0, 250], Gen.Byte).Select<(int, byte), Func<byte[], byte[]>>(at => file => Replaced(file, at.Item1, at.Item2)),
        Gen.Int[0, 250].Select<int, Func<byte[], byte[]>>(length => file => file[..Math.Min(length, file.Length)]),
        Gen.Select(Gen.Int[8, 250], GenPiece).Select<(int, string), Func<byte[], byte[]>>(at => file => Inserted(file, at.Item1, at.Item2)),
        Gen.Select(Gen.Int[8, 250], Gen.Int[1, 40]).Select<(int, int), Func<byte[], byte[]>>(at => file => Removed(file, at.Item1, at.Item2)),
        Gen.Select(Gen.Int[8, 250], Gen.Int[8, 250], Gen.Int[1, 60]).Select<(int, int, int), Func<byte[], byte[]>>(at =>
            file => Inserted(file, at.Item1, Encoding.Latin1.GetString(file.AsSpan(Math.Min(at.Item2, file.Length)..Math.Min(at.Item2 + at.Item3, file.Length))))),
        Gen.ULong.Select<ulong, Func<byte[], byte[]>>(length => file => WithHeaderLength(file, length)));

    [Fact]
    public void Mutated_files_are_read_or_refused_and_nothing_else() => Gen.Select(GenMutation.Array[1, 6], Gen.Bool).Sample(
        (mutations, fits) =>
        {
            var file = mutations.Aggregate(Safetensors.Write(new ModelParameters(Layout)), (mutated, mutation) => mutation(mutated));
            ReadOrRefuse(fits ? WithFittingHeader(file) : file);
        },
        iter: 20_000);

    [Fact]
    public void A_header_of_pieces_is_read_or_refused_and_nothing_else() => GenPiece.Array[0, 40].Sample(
        pieces => ReadOrRefuse(WithHeader($"{{{string.Concat(pieces)}", data: 32)), iter: 20_000);

    [Theory]
    [InlineData("[")]
    [InlineData("{\"a\":")]
    [InlineData("{\"a\":{\"shape\":[0,")]
    [InlineData("{\"__metadata__\":{\"a\":\"b\",")]
    [InlineData("{\"a\":1,")]
    [InlineData("\\")]
    public void A_header_as_long_as_is_allowed_takes_memory_in_proportion(string beginning)
    {
        var filler = beginning[^Math.Min(4, beginning.Length)..];
        var header = new StringBuilder(beginning);
        while (header.Length < 1_000_000)
            header.Append(filler);

        ReadOrRefuse(WithHeader(header.ToString(), data: 32));
    }

    private static void ReadOrRefuse(byte[] file)
    {
        var allowed = BytesOfACall + (BytesAHeaderByte * (long)Math.Min(file.Length, 1 << 21));
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            Safetensors.Read(file, Layout);
        }
        catch (SafetensorsException exception)
        {
            Assert.InRange(exception.Message.Length, 1, 600);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, allowed);
    }

    private static byte[] WithHeader(string header, int data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        return WithHeaderLength([.. new byte[8], .. json, .. new byte[data]], (ulong)json.Length);
    }

    /// <summary>What is left of the file with the 32 bytes that the layout has at its end.</summary>
    private static byte[] WithFittingHeader(byte[] file) => file.Length < 40 ? file : WithHeaderLength(file, (ulong)file.Length - 40);

    private static byte[] WithHeaderLength(byte[] file, ulong length)
    {
        var changed = file.Length < 8 ? new byte[8] : [.. file];
        BinaryPrimitives.WriteUInt64LittleEndian(changed, length);
        return changed;
    }

    private static byte[] Replaced(byte[] file, int at, byte value)
    {
        if (at >= file.Length)
            return file;
        byte[] changed = [.. file];
        changed[at] = value;
        return changed;
    }

    private static byte[] Inserted(byte[] file, int at, string piece)
    {
        var place = Math.Min(at, file.Length);
        return [.. file[..place], .. Encoding.UTF8.GetBytes(piece), .. file[place..]];
    }

    private static byte[] Removed(byte[] file, int at, int count)
    {
        var place = Math.Min(at, file.Length);
        return [.. file[..place], .. file[Math.Min(place + count, file.Length)..]];
    }
}
