using System.IO.Compression;
using System.Runtime.InteropServices;
using FlDurable.Shared.Checkpoints;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Checkpoints;

[Collection(nameof(Alone))]
public sealed class GivenParametersTests
{
    private const int Most = 1_000;

    private static readonly ParameterLayout Layout = new([("fc.weight", [2, 3]), ("fc.bias", [2])]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static TorchFile Checkpoint => new TorchFile().With("fc.weight", [2, 3], 1, 2, 3, 4, 5, 6).With("fc.bias", [2], -1, 0.5f);

    [Fact]
    public void A_state_dict_is_read_in_both_forms_that_torch_has_written()
    {
        foreach (var file in (byte[][])[Checkpoint.ToZip(), Checkpoint.ToSequence(), Checkpoint.ToZip(folder: "my model"), Checkpoint.ToZip(compression: CompressionLevel.Fastest)])
        {
            var read = Read(file);

            Assert.Equal([1, 2, 3, 4, 5, 6, -1, 0.5f], read.Values);
            Assert.Equal("a checkpoint of PyTorch", read.Changed);
        }
    }

    [Fact]
    public void A_safetensors_file_of_single_precision_stays_as_it_is()
    {
        var file = Safetensors.Write(Layout, [1f, 2, 3, 4, 5, 6, 7, 8]);

        var read = GivenParameters.Read(file, Most, layout: null, Cancel);

        Assert.Equal(file, read.Safetensors.ToArray());
        Assert.Null(read.Changed);
    }

    [Theory]
    [InlineData("F16", 2, "F16 converted to F32")]
    [InlineData("BF16", 2, "BF16 converted to F32")]
    [InlineData("F64", 8, "F64 converted to F32")]
    public void Other_precisions_are_converted_and_that_is_said(string dtype, int size, string said)
    {
        float[] values = [1, -2, 0.5f, 65_504, -0f, 0.25f, 3, 4];
        var contents = values.Select(value => dtype switch
        {
            "F16" => BitConverter.GetBytes((Half)value),
            "BF16" => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)),
            _ => BitConverter.GetBytes((double)value),
        }).ToList();
        var storage = dtype switch { "F16" => "HalfStorage", "BF16" => "BFloat16Storage", _ => "DoubleStorage" };
        var torch = new TorchFile();
        var key = torch.Store([.. contents.SelectMany(bytes => bytes)], 8);
        torch.With(TorchFile.Text("fc.weight") + TorchFile.Tensor(storage, key, 8, 0, [2, 3], [3, 1])).With(TorchFile.Text("fc.bias") + TorchFile.Tensor(storage, key, 8, 6, [2], [1]));
        StoredTensor[] stored =
        [
            new("fc.weight", dtype, [2, 3], contents.Take(6).SelectMany(bytes => bytes).ToArray()),
            new("fc.bias", dtype, [2], contents.Skip(6).SelectMany(bytes => bytes).ToArray()),
        ];
        Assert.Equal(8 * size, contents.Sum(bytes => bytes.Length));

        var ofCheckpoint = Read(torch.ToZip());
        var ofSafetensors = Read(Write(stored));

        // BF16 keeps eight bits of 65,504.
        float[] expected = dtype == "BF16" ? [1, -2, 0.5f, 65_280, -0f, 0.25f, 3, 4] : values;
        Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), ofCheckpoint.Values.Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), ofSafetensors.Values.Select(BitConverter.SingleToInt32Bits));
        Assert.Equal($"a checkpoint of PyTorch, {said}", ofCheckpoint.Changed);
        Assert.Equal(said, ofSafetensors.Changed);
    }

    [Fact]
    public void Tensors_are_views_of_storages_that_they_may_share()
    {
        foreach (var isZip in new[] { true, false })
        {
            // The weight is a transposed view from the second value on, the bias every fourth value from the first on.
            var torch = new TorchFile();
            float[] values = [10, 1, 4, 2, 5, 3, 6];
            var key = torch.Store(MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), 7);
            torch.With(TorchFile.Text("fc.weight") + TorchFile.Tensor("FloatStorage", key, 7, 1, [2, 3], [1, 2]))
                .With(TorchFile.Text("fc.bias") + TorchFile.Tensor("FloatStorage", key, 7, 0, [2], [4]));

            Assert.Equal([1, 2, 3, 4, 5, 6, 10, 5], Read(isZip ? torch.ToZip() : torch.ToSequence()).Values);
        }
    }

    [Fact]
    public void A_stride_of_zero_repeats_values_and_an_empty_tensor_has_none()
    {
        var torch = new TorchFile();
        var key = torch.Store(BitConverter.GetBytes(7f), 1);
        torch.With(TorchFile.Text("a") + TorchFile.Tensor("FloatStorage", key, 1, 0, [2, 2], [0, 0]))
            .With(TorchFile.Text("none") + TorchFile.Tensor("FloatStorage", key, 1, 1, [0, 3], [3, 1]))
            .With(TorchFile.Text("scalar") + TorchFile.Tensor("FloatStorage", key, 1, 0, [], []));

        var read = GivenParameters.Read(torch.ToZip(), Most, layout: null, Cancel).Safetensors;

        var tensors = Safetensors.ReadAll(read).ToDictionary(tensor => tensor.Name);
        Assert.Equal([7, 7, 7, 7], MemoryMarshal.Cast<byte, float>(tensors["a"].Content.Span).ToArray());
        Assert.Equal((0, 4), (tensors["none"].Content.Length, tensors["scalar"].Content.Length));
    }

    [Fact]
    public void A_parameter_is_the_tensor_that_it_holds()
    {
        var torch = new TorchFile().With("fc.bias", [2], -1, 0.5f);
        var key = torch.Store(MemoryMarshal.AsBytes((ReadOnlySpan<float>)[1, 2, 3, 4, 5, 6]).ToArray(), 6);
        torch.With($"{TorchFile.Text("fc.weight")}ctorch._utils\n_rebuild_parameter\n({TorchFile.Tensor("FloatStorage", key, 6, 0, [2, 3], [3, 1])}\u0088ccollections\nOrderedDict\n)RtR");

        Assert.Equal([1, 2, 3, 4, 5, 6, -1, 0.5f], Read(torch.ToZip()).Values);
    }

    [Fact]
    public void Counters_of_batches_are_left_out()
    {
        var torch = Checkpoint;
        var key = torch.Store(BitConverter.GetBytes(5L), 1);
        torch.With(TorchFile.Text("bn.num_batches_tracked") + TorchFile.Tensor("LongStorage", key, 1, 0, [], []));
        var stored = Safetensors.ReadAll(Safetensors.Write(Layout, [1f, 2, 3, 4, 5, 6, 7, 8])).Append(new StoredTensor("bn.num_batches_tracked", "I64", [], new byte[8]));

        Assert.EndsWith("PyTorch, num_batches_tracked left out, which is no parameter", Read(torch.ToZip()).Changed, StringComparison.Ordinal);
        Assert.Equal("num_batches_tracked left out, which is no parameter", Read(Write([.. stored])).Changed);
    }

    [Theory]
    [InlineData("module.")]
    [InlineData("_orig_mod.")]
    public void What_stands_before_every_name_is_taken_off(string prefix)
    {
        var all = new TorchFile().With($"{prefix}fc.weight", [2, 3], 1, 2, 3, 4, 5, 6).With($"{prefix}fc.bias", [2], 7, 8);
        var some = new TorchFile().With($"{prefix}fc.weight", [2, 3], 1, 2, 3, 4, 5, 6).With("fc.bias", [2], 7, 8);

        var read = Read(all.ToZip());

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], read.Values);
        Assert.Equal($"a checkpoint of PyTorch, '{prefix}' taken off its names", read.Changed);
        Assert.Throws<SafetensorsException>(() => Read(some.ToZip()));
    }

    [Fact]
    public void What_was_put_around_a_module_more_than_once_is_taken_off()
    {
        var file = new TorchFile().With("module._orig_mod.fc.weight", [2, 3], 1, 2, 3, 4, 5, 6).With("module._orig_mod.fc.bias", [2], 7, 8).ToZip();

        Assert.Equal("a checkpoint of PyTorch, 'module._orig_mod.' taken off its names", Read(file).Changed);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], Read(file, Layout).Values);
    }

    [Fact]
    public void A_network_whose_own_names_begin_so_keeps_them()
    {
        var layout = new ParameterLayout([("module.fc.weight", [2, 3]), ("module.fc.bias", [2])]);
        foreach (var around in (string[])["", "_orig_mod.", "module."])
        {
            var file = new TorchFile().With($"{around}module.fc.weight", [2, 3], 1, 2, 3, 4, 5, 6).With($"{around}module.fc.bias", [2], 7, 8).ToZip();

            var read = GivenParameters.Read(file, Most, layout, Cancel);

            Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], Safetensors.Read(read.Safetensors.Span, layout).Values.ToArray());
            Assert.Equal(around == "" ? "a checkpoint of PyTorch" : $"a checkpoint of PyTorch, '{around}' taken off its names", read.Changed);
        }
    }

    [Theory]
    [InlineData("model_state_dict")]
    [InlineData("state_dict")]
    [InlineData("model")]
    [InlineData("net")]
    public void A_state_is_found_in_what_a_training_script_saves(string wrapper)
    {
        var torch = Checkpoint;
        var optimizer = $"}}({TorchFile.Text("state")}}}(K\u0000}}{TorchFile.Text("step")}G\u003f\u00f0\0\0\0\0\0\0su{TorchFile.Text("param_groups")}]}}{TorchFile.Text("lr")}G\u003f\u00f0\0\0\0\0\0\0sau";
        var pickle = $"\u0080\u0002}}({TorchFile.Text("epoch")}K\u0005{TorchFile.Text(wrapper)}{torch.State}{TorchFile.Text("optimizer")}{optimizer}{TorchFile.Text("best")}Nu.";

        var read = Read(torch.ToZip(pickle));

        Assert.Equal([1, 2, 3, 4, 5, 6, -1, 0.5f], read.Values);
        Assert.Equal($"'{wrapper}' of a checkpoint of PyTorch", read.Changed);
    }

    [Theory]
    [InlineData("model", "state_dict", "under several names: 'model', 'state_dict'")]
    [InlineData("ema", "shadow", "under several names: 'ema', 'shadow'")]
    [InlineData("ema", "model", null)]
    public void Of_two_states_the_one_with_a_usual_name_is_meant(string one, string other, string? why)
    {
        var torch = Checkpoint;
        var file = torch.ToZip($"\u0080\u0002}}({TorchFile.Text(one)}{torch.State}{TorchFile.Text(other)}{torch.State}u.");

        if (why is null)
            Assert.Equal($"'{other}' of a checkpoint of PyTorch", Read(file).Changed);
        else
            AssertRefused(file, why);
    }

    [Theory]
    [InlineData("cposix\nsystem\n(X\u0002\0\0\0lstR.", "asks for 'posix.system'")]
    [InlineData("}X\u0001\0\0\0acbuiltins\neval\n(X\u0003\0\0\01+1tRs.", "asks for 'builtins.eval'")]
    [InlineData("c__main__\nNet\n)R.", "asks for '__main__.Net'", "torch.save(model.state_dict(), …)")]
    [InlineData("ctorch\nQInt8Storage\n.", "asks for 'torch.QInt8Storage'")]
    [InlineData("]N a.", "instruction 0x20")]
    [InlineData("]Na.", "tensors without names")]
    [InlineData("K\u0001.", "no state_dict")]
    [InlineData("}.", "no tensors by name")]
    [InlineData("}X\u0005\0\0\0epochK\u0001s.", "no tensors by name, neither themselves nor under one of its names: 'epoch'")]
    [InlineData("ccollections\nOrderedDict\n(K\u0001tR.", "a call that no tensor needs")]
    [InlineData("K\u0001Nb.", "an object with attributes of its own")]
    [InlineData("NQ.", "a storage that isn't told of as PyTorch does")]
    [InlineData("X\u00ff\u00ff\u00ff\u007f.", "2,147,483,647 bytes are asked for")]
    [InlineData("\u008a\u00ff.", "truncated")]
    public void Anything_but_tensors_is_refused_by_name_and_nothing_is_run(string pickle, params string[] why) =>
        AssertRefused(new TorchFile().ToZip($"\u0080\u0002{pickle}"), why);

    [Theory]
    [InlineData(6, 0, new long[] { 2, 4 }, new long[] { 4, 1 }, "reaches to value 7 of its storage, which has 6")]
    [InlineData(6, 1, new long[] { 2, 3 }, new long[] { 3, 1 }, "reaches to value 6 of its storage, which has 6")]
    [InlineData(6, -4, new long[] { 2 }, new long[] { 1 }, "no whole number from 0")]
    [InlineData(6, 0, new long[] { -2, 3 }, new long[] { 3, 1 }, "no whole number from 0")]
    [InlineData(6, 5, new long[] { 2, 3 }, new long[] { -3, 1 }, "no whole number from 0")]
    [InlineData(6, 0, new long[] { 1L << 62, 4 }, new long[] { 0, 0 }, "larger than")]
    [InlineData(6, 0, new long[] { 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30 }, new long[] { 0, 0, 0, 0, 0 }, "larger than")]
    [InlineData(6, 0, new long[] { 1_001, 2 }, new long[] { 0, 0 }, "is larger than 1,000 values")]
    [InlineData(6, 0, new long[] { 3, 2 }, new long[] { 1L << 62, 1 }, "reaches to value 9,223,372,036,854,775,809")]
    [InlineData(6, 0, new long[] { 2, 3 }, new long[] { 1 }, "2 sizes and 1 strides")]
    [InlineData(1L << 40, 0, new long[] { 2, 3 }, new long[] { 3, 1 }, "more than 8,000 bytes")]
    [InlineData(7, 0, new long[] { 2, 3 }, new long[] { 3, 1 }, "'archive/data/0' has 24 bytes, its values 28")]
    public void A_tensor_that_does_not_lie_in_its_storage_is_refused(long count, long offset, long[] sizes, long[] strides, string why)
    {
        var torch = new TorchFile();
        var key = torch.Store(new byte[24], count);
        torch.With(TorchFile.Text("fc.weight") + TorchFile.Tensor("FloatStorage", key, count, offset, sizes, strides));

        AssertRefused(torch.ToZip(), why);
    }

    [Theory]
    [InlineData("7", "there is no 'archive/data/7'")]
    [InlineData("../version", "there is no 'archive/data/../version'")]
    public void A_storage_that_is_not_there_is_refused(string key, string why) =>
        AssertRefused(new TorchFile().With(TorchFile.Text("fc.bias") + TorchFile.Tensor("FloatStorage", key, 2, 0, [2], [1])).ToZip(), why);

    [Fact]
    public void One_storage_of_two_types_is_refused()
    {
        var torch = new TorchFile();
        torch.Store(new byte[8], 2);
        torch.With(TorchFile.Text("a") + TorchFile.Tensor("FloatStorage", "0", 2, 0, [2], [1])).With(TorchFile.Text("b") + TorchFile.Tensor("ByteStorage", "0", 8, 0, [2], [1]));

        AssertRefused(torch.ToZip(), "storage '0' has two types or lengths");
    }

    [Fact]
    public void An_archive_of_something_else_is_refused_as_what_it_is()
    {
        AssertRefused(Checkpoint.ToZip()[..^30], "a truncated or damaged .zip");
        AssertRefused(Checkpoint.ToZip(folder: "a/b"), "a .zip without a 'data.pkl' in a folder");
        AssertRefused(Checkpoint.ToZip(more: archive => archive.CreateEntry("other/data.pkl")), "a .zip with 2 files 'data.pkl'");
        AssertRefused(Checkpoint.ToZip(more: archive => archive.CreateEntry("archive/constants.pkl")), "TorchScript");
        AssertRefused(Checkpoint.ToZip(more: archive => archive.CreateEntry("archive/data/0")), "'archive/data/0' is in the archive twice");
        AssertRefused(Checkpoint.ToZip("\u0080\u0004."), "pickle protocol 4; expected 2");
        AssertRefused([0x80, 2, (byte)'}', (byte)'.'], "a pickle without what torch.save puts around it");
    }

    [Fact]
    public void Bytes_behind_the_last_storage_are_refused() =>
        AssertRefused([.. Checkpoint.ToSequence(), 0], "1 bytes behind its last storage");

    [Fact]
    public void A_file_in_another_byte_order_is_refused() =>
        AssertRefused(Checkpoint.ToSequence(littleEndian: "\u0089"), "another byte order than little-endian");

    [Fact]
    public void A_file_that_is_cut_or_changed_anywhere_is_refused_or_read_but_ends_in_no_other_exception()
    {
        foreach (var whole in (byte[][])[Checkpoint.ToZip(), Checkpoint.ToSequence()])
        {
            for (var length = 16; length < whole.Length; length++)
                Assert.Throws<CheckpointException>(() => GivenParameters.Read(whole.AsMemory(0, length), Most, layout: null, Cancel));
            for (var at = 16; at < whole.Length; at++)
            {
                var changed = whole.ToArray();
                changed[at] ^= 0xFF;
                try
                {
                    GivenParameters.Read(changed, Most, layout: null, Cancel);
                }
                catch (CheckpointException)
                {
                }
            }
        }
    }

    [Fact]
    public void A_changed_value_is_found_by_its_checksum()
    {
        var file = Checkpoint.ToZip();
        var at = file.AsSpan().IndexOf(BitConverter.GetBytes(6f));

        file[at] ^= 1;

        AssertRefused(file, "'archive/data/0' is damaged: wrong checksum (CRC-32)");
    }

    [Theory]
    [InlineData("0", "storage '0' is there twice")]
    [InlineData("x", "a storage 'x' that nothing tells of")]
    public void Storages_are_those_that_tensors_tell_of(string second, string why) =>
        AssertRefused(new TorchFile().With("a", [2], 1, 2).With("b", [2], 3, 4).ToSequence(keys: TorchFile.Text("0") + TorchFile.Text(second)), why);

    [Fact]
    public void What_asks_for_memory_gets_none()
    {
        byte[][] bombs =
        [
            new TorchFile().ToZip("\u0080\u0002" + new string('}', 1_000_000) + "."), new TorchFile().ToZip("\u0080\u0002" + new string('N', 5_000_000) + "."),
            new TorchFile().ToZip("\u0080\u0002" + new string('a', 70_000_000), compression: CompressionLevel.Fastest),
            Checkpoint.ToZip(more: archive =>
            {
                for (var index = 0; index < 60_000; index++)
                    archive.CreateEntry($"archive/data/{index}-{new string('x', 150)}");
            }),
        ];

        foreach (var bomb in bombs)
        {
            var before = GC.GetTotalAllocatedBytes();
            Assert.Throws<CheckpointException>(() => GivenParameters.Read(bomb, Most, layout: null, Cancel));
            Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 4 * bomb.Length + 64_000_000);
        }
    }

    [Theory]
    [InlineData("]r\0\0\u0010\0.", "remembered as number 1,048,576; expected numbers below 1,048,576")]
    [InlineData("]r\u00ff\u00ff\u00ff\u00ff.", "remembered as number 4,294,967,295")]
    [InlineData("]r\u0002\0\0\0h\u0001.", "value 1, which it hasn't remembered")]
    [InlineData("]r\u0002\0\0\0h\u0003.", "value 3, which it hasn't remembered")]
    public void A_pickle_remembers_values_by_numbers_that_count_up(string pickle, string why) => AssertRefused(new TorchFile().ToZip($"\u0080\u0002{pickle}"), why);

    [Fact]
    public void A_pickle_that_makes_nothing_ends_as_well()
    {
        var endless = "\u0080\u0002]" + string.Concat(Enumerable.Repeat("q\0", 4_200_000));

        AssertRefused(new TorchFile().ToZip(endless, compression: CompressionLevel.Fastest), "more than 4,194,304 instructions");
        AssertRefused([.. Checkpoint.ToSequence().AsSpan(0, 15), .. System.Text.Encoding.Latin1.GetBytes(endless)], "more than 4,194,304 instructions");
    }

    [Fact]
    public void A_dictionary_that_stands_under_many_names_is_looked_at_once()
    {
        const int many = 250_000;
        var torch = new TorchFile();
        var tensor = TorchFile.Tensor("FloatStorage", torch.Store(BitConverter.GetBytes(7f), 1), 1, 0, [1], [1]);
        var inner = $"}}({TorchFile.Text("a")}{tensor}q\0{Named(many, "h\0")}uq\u0001";

        AssertRefused(
            torch.ToZip($"\u0080\u0002}}({TorchFile.Text("a")}{inner}{Named(many, "h\u0001")}u.", compression: CompressionLevel.Fastest),
            "tensors by name under several names: 'a', '0', '1', '2', '3' and 249996 more");

        static string Named(int count, string value) => string.Concat(
            Enumerable.Range(0, count).Select(index => $"J{(char)(index & 0xFF)}{(char)((index >> 8) & 0xFF)}{(char)(index >> 16)}\0{value}"));
    }

    [Fact]
    public void Reading_can_be_stopped()
    {
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        var halves = Write([new StoredTensor("fc.bias", "F16", [2], new byte[4])]);

        foreach (var file in (byte[][])[Checkpoint.ToZip(), Checkpoint.ToSequence(), halves])
            Assert.Throws<OperationCanceledException>(() => GivenParameters.Read(file, Most, layout: null, stopped.Token));
    }

    [Theory]
    [InlineData("BF16", "BFloat16Storage", 2)]
    [InlineData("F32", "FloatStorage", 4)]
    [InlineData("F64", "DoubleStorage", 8)]
    public void More_values_than_a_network_has_are_refused_and_as_many_are_read(string dtype, string storage, int size)
    {
        foreach (var count in new[] { Most, Most + 1 })
        {
            var torch = new TorchFile();
            var counter = torch.Store(new byte[8], 1);
            foreach (var (name, length) in new[] { ("a", 400), ("b", count - 400) })
                torch.With(TorchFile.Text(name) + TorchFile.Tensor(storage, torch.Store(new byte[length * size], length), length, 0, [length], [1]));
            torch.With(TorchFile.Text("bn.num_batches_tracked") + TorchFile.Tensor("LongStorage", counter, 1, 0, [], []));
            var stored = Write([
                new("a", dtype, [4, 100], new byte[400 * size]), new("b", dtype, [count - 400], new byte[(count - 400) * size]),
                new("bn.num_batches_tracked", "I64", [], new byte[8])]);

            foreach (var file in (byte[][])[torch.ToZip(), torch.ToSequence(), stored])
            {
                if (count > Most)
                    AssertRefused(file, "of 1,001 values; expected at most 1,000");
                else
                    Assert.Equal(Most, Safetensors.ReadAll(GivenParameters.Read(file, Most, layout: null, Cancel).Safetensors).Sum(tensor => tensor.Content.Length / 4));
            }
        }
    }

    [Fact]
    public void Reading_takes_the_memory_of_the_parameters_and_of_one_storage()
    {
        const int values = 1 << 20;
        var torch = new TorchFile();
        foreach (var name in (string[])["a", "b", "c", "d"])
            torch.With(TorchFile.Text(name) + TorchFile.Tensor("BFloat16Storage", torch.Store(new byte[2 * values / 4], values / 4), values / 4, 0, [values / 4], [1]));
        var halves = Write([new StoredTensor("a", "BF16", [values], new byte[2 * values])]);

        foreach (var (file, most) in new[] { (halves, 4 * values), (torch.ToSequence(), 4 * values), (torch.ToZip(), (4 + 2) * values) })
        {
            var before = GC.GetTotalAllocatedBytes();
            GivenParameters.Read(file, values, layout: null, Cancel);
            Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, most + 1_000_000);
        }
    }

    [Fact]
    public void What_is_no_checkpoint_is_left_to_whoever_reads_safetensors()
    {
        foreach (var other in (byte[][])[[], [1], "<html>not found</html>"u8.ToArray()])
            Assert.Null(GivenParameters.Read(other, Most, layout: null, Cancel).Changed);
    }

    private static (float[] Values, string? Changed) Read(byte[] file, ParameterLayout? layout = null)
    {
        var read = GivenParameters.Read(file, Most, layout, Cancel);
        return (Safetensors.Read(read.Safetensors.Span, Layout).Values.ToArray(), read.Changed);
    }

    private static byte[] Write(IReadOnlyList<StoredTensor> tensors)
    {
        var (file, at) = Safetensors.Begin([.. tensors.Select(tensor => (tensor.Name, tensor.Dtype, tensor.Shape, (long)tensor.Content.Length))]);
        foreach (var tensor in tensors)
        {
            tensor.Content.CopyTo(file.AsMemory(at));
            at += tensor.Content.Length;
        }

        return file;
    }

    private static void AssertRefused(byte[] file, params string[] why)
    {
        var exception = Assert.Throws<CheckpointException>(() => GivenParameters.Read(file, Most, layout: null, Cancel));
        Assert.All(why, words => Assert.Contains(words, exception.Message, StringComparison.Ordinal));
    }
}
