using System.Buffers.Binary;
using System.Text;
using CsCheck;
using FlDurable.Shared.Parameters;

namespace FlDurable.Shared.Tests.Parameters;

public sealed class SafetensorsTests
{
    private static readonly ParameterLayout Layout = new([("conv1.weight", [2, 3]), ("conv1.bias", [2])]);

    private static readonly Gen<ParameterLayout> GenLayout =
        Gen.Int[0, 4].List[0, 4].List[1, 5].Select(shapes => new ParameterLayout(shapes.Select((shape, index) => ($"t{index}", (IReadOnlyList<int>)shape))));

    [Fact]
    public void What_is_written_is_read_bit_for_bit() =>
        GenLayout.SelectMany(layout => Gen.Float.Array[layout.Length].Select(values => new ModelParameters(layout, values))).Sample(parameters =>
            Safetensors.Read(Safetensors.Write(parameters), parameters.Layout).Values
                .SequenceEqual(parameters.Values)
            || parameters.Values.ToArray().Any(float.IsNaN));

    [Fact]
    public void Memory_that_is_used_again_gets_the_same_file() =>
        GenLayout.SelectMany(layout => Gen.Float.Array[layout.Length].Select(values => new ModelParameters(layout, values))).Sample(parameters =>
        {
            var memory = new byte[Safetensors.MaxLength<float>(parameters.Layout)];
            memory.AsSpan().Fill(0xA5);
            var length = Safetensors.Write(parameters, memory);
            return memory.AsSpan(0, length).SequenceEqual(Safetensors.Write(parameters)) && !memory.AsSpan(length).ContainsAnyExcept((byte)0xA5);
        });

    [Fact]
    public void Double_precision_sums_are_kept_bit_for_bit() =>
        GenLayout.SelectMany(layout => Gen.Double.Array[layout.Length].Select(values => (Layout: layout, Values: values))).Sample(sum =>
            Safetensors.Read<double>(Safetensors.Write<double>(sum.Layout, sum.Values), sum.Layout)
                .Select(BitConverter.DoubleToInt64Bits).SequenceEqual(sum.Values.Select(BitConverter.DoubleToInt64Bits)));

    [Fact]
    public void The_file_is_laid_out_as_the_format_says()
    {
        var file = Safetensors.Write(new ModelParameters(Layout, [1, 2, 3, 4, 5, 6, 7, 8]));

        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        Assert.Equal(0, length % 8);
        Assert.Equal(
            """{"__metadata__":{"format":"pt"},"conv1.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"conv1.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}}""",
            Encoding.UTF8.GetString(file, 8, length).TrimEnd(' '));
        Assert.Equal(8 + length + 32, file.Length);
        Assert.Equal(8f, BinaryPrimitives.ReadSingleLittleEndian(file.AsSpan(^4)));
    }

    [Fact]
    public void Tensors_may_lie_in_another_order_than_the_layout()
    {
        var file = File("""{"conv1.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"conv1.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]}}""", 32);
        BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(^32), 7);

        Assert.Equal(7f, Safetensors.Read(file, Layout).Tensor("conv1.bias")[0]);
    }

    [Theory]
    [InlineData("""{"conv1.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}}""", 32, "hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "overlaps")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 12, "something follows")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 12, "truncated")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "takes 12 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "takes 8 bytes")]
    [InlineData("""{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}""", 8, "unknown dtype 'F31'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "dimension -2")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", 8, "dimension 1.5")]
    [InlineData("""{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", 8, "dimension \"2\"")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}""", 8, "too large")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8, "expected the fields")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", 8, "expected the fields")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}""", 8, "expected the fields")]
    [InlineData("""{"a":[]}""", 0, "expected the fields")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0, "twice")]
    [InlineData("""{"__metadata__":{"format":1}}""", 0, "__metadata__")]
    [InlineData("""{"__metadata__":{"format":"pt","format":"np"}}""", 0, "'format' is in __metadata__ twice")]
    [InlineData("""{"__metadata__":{"format":"pt","\u0066ormat":"np"}}""", 0, "'format' is in __metadata__ twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "twice")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[0]}}""", 0, "expected the fields")]
    [InlineData("""{}x""", 0, "something follows the object")]
    [InlineData("""{}  x""", 0, "something follows the object")]
    [InlineData("""{"a" 1}""", 0, "breaks at byte 5")]
    [InlineData("""{}{}""", 0, "something follows the object")]
    [InlineData("""{}[]""", 0, "something follows the object")]
    [InlineData(""" {}""", 0, "expected it to begin with '{'")]
    [InlineData("", 0, "no JSON object")]
    [InlineData("""[]""", 0, "no JSON object")]
    [InlineData("""{"a":""", 0, "no JSON")]
    public void A_header_that_breaks_the_format_is_refused(string header, int dataLength, string because) =>
        Assert.Contains(because, Assert.Throws<SafetensorsException>(() => Safetensors.Read(File(header, dataLength), Layout)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"conv1.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}""", 24, "'conv1.bias' is missing")]
    [InlineData("""{"conv1.weight":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]}}""", 24, "[3, 2], expected F32 [2, 3]")]
    [InlineData("""{"conv1.weight":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]}}""", 12, "BF16 [2, 3], expected F32 [2, 3]")]
    [InlineData("""{"conv1.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"conv1.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]},"more":{"dtype":"F32","shape":[0],"data_offsets":[32,32]}}""", 32, "unexpected tensors: more")]
    public void A_file_of_other_tensors_is_refused(string header, int dataLength, string because) =>
        Assert.Contains(because, Assert.Throws<SafetensorsException>(() => Safetensors.Read(File(header, dataLength), Layout)).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_truncation_is_refused()
    {
        var file = Safetensors.Write(new ModelParameters(Layout));
        for (var length = 0; length < file.Length; length++)
            Assert.Throws<SafetensorsException>(() => Safetensors.Read(file.AsSpan(0, length), Layout));
    }

    [Fact]
    public void Damage_is_refused_or_changes_values_but_never_does_anything_else() =>
        Gen.Select(Gen.Int[0, 200], Gen.Byte).Sample((position, value) =>
        {
            var file = Safetensors.Write(new ModelParameters(Layout));
            file[Math.Min(position, file.Length - 1)] = value;
            try
            {
                Safetensors.Read(file, Layout);
            }
            catch (SafetensorsException)
            {
                // refused: fine
            }
        });

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1000UL)]
    public void A_header_said_to_be_longer_than_the_file_is_refused(ulong length)
    {
        var file = new byte[100];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);

        Assert.Contains("truncated", Assert.Throws<SafetensorsException>(() => Safetensors.Read(file, Layout)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("module.", "torch.nn.DataParallel")]
    [InlineData("_orig_mod.", "torch.compile")]
    [InlineData("net.", "the module inside")]
    public void A_prefix_of_all_names_is_named_as_what_it_is(string prefix, string because)
    {
        var wrapped = new ParameterLayout(Layout.Tensors.Select(slot => (prefix + slot.Name, slot.Shape)));

        var refused = Assert.Throws<SafetensorsException>(() => Safetensors.Read(Safetensors.Write(new ModelParameters(wrapped)), Layout));

        Assert.Contains($"begins with '{prefix}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(because, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prefix_of_some_names_is_a_missing_tensor()
    {
        var half = new ParameterLayout([("module.conv1.weight", [2, 3]), ("conv1.bias", [2])]);

        var refused = Assert.Throws<SafetensorsException>(() => Safetensors.Read(Safetensors.Write(new ModelParameters(half)), Layout));

        Assert.Equal("tensor 'conv1.weight' is missing", refused.Message);
    }

    [Fact]
    public void Of_a_header_longer_than_such_tensors_need_nothing_is_looked_into()
    {
        var longest = new byte[1 << 21];
        BinaryPrimitives.WriteUInt64LittleEndian(longest, (ulong)longest.Length - 8);

        Assert.Contains("are allowed here", Assert.Throws<SafetensorsException>(() => Safetensors.Read(longest, Layout)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(1_900_000_000)]
    [InlineData(long.MaxValue)]
    public void A_file_is_refused_by_its_length_alone(long length) => Assert.Contains(
        $"{length} bytes can't be a file of 2 tensors with 8 values",
        Assert.Throws<SafetensorsException>(() => Safetensors.CheckLength<float>(length, Layout)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_length_of_what_is_written_is_allowed() =>
        GenLayout.Sample(layout => Safetensors.CheckLength<double>(Safetensors.Write<double>(layout, new double[layout.Length]).Length, layout));

    [Fact]
    public void A_message_quotes_the_beginning_of_what_is_long()
    {
        var name = new string('x', 100_000);
        foreach (var header in (string[])[
            $$$"""{"{{{name}}}":1}""",
            $$$"""{"{{{name}}}":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""",
            $$$"""{"a":{"dtype":"{{{name}}}","shape":[0],"data_offsets":[0,0]}}""",
            $$$"""{"a":{"dtype":"F32","shape":["{{{name}}}"],"data_offsets":[0,0]}}""",
            $$$"""{"a":{"dtype":"F32","shape":[0],"data_offsets":["{{{name}}}",0]}}""",
            $$$"""{"a":{"dtype":"F32","shape":[{{{string.Join(',', Enumerable.Repeat("1", 50_000))}}}],"data_offsets":[0,8]}}""",
            $$$"""{"{{{name}}}":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}""",
            $$$"""{"__metadata__":{"{{{name}}}":"","{{{name}}}":""}}""",
            $$$"""{"{{{name}}}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"{{{name}}}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""",
            $$$"""{"conv1.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"conv1.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]},"{{{name}}}":{"dtype":"F32","shape":[0],"data_offsets":[32,32]}}""",
        ])
        {
            var refused = Assert.Throws<SafetensorsException>(() => Safetensors.Read(File(header, header.Contains("conv1", StringComparison.Ordinal) ? 32 : 0), Layout));
            Assert.InRange(refused.Message.Length, 1, 400);
        }
    }

    [Fact]
    public void A_name_gives_a_terminal_no_commands()
    {
        var refused = Assert.Throws<SafetensorsException>(() => Safetensors.Read(File("""{"\u001b[2J":1}""", 0), Layout));

        Assert.DoesNotContain(refused.Message, char.IsControl);
    }

    private static byte[] File(string header, int dataLength)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + json.Length + dataLength];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)json.Length);
        json.CopyTo(file, 8);
        return file;
    }
}
