using System.Buffers.Binary;
using System.Text;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.TensorBoard;
using FlDurable.LocalHost.Tests.Support;
using Google.Protobuf;

namespace FlDurable.LocalHost.Tests.TensorBoard;

/// <summary>run --tensorboard.</summary>
public sealed class TensorBoardTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    private readonly Workplace workplace = new();

    private string Folder => Path.Combine(workplace["curves"], "one");

    public void Dispose() => workplace.Dispose();

    /// <summary>What torch's SummaryWriter writes of a number.</summary>
    [Fact]
    public void A_record_has_the_bytes_that_other_writers_give_it()
    {
        var folder = Directory.CreateDirectory(workplace["bytes"]).FullName;
        using (var file = EventFile.Begin(folder, Now))
            file.Add(Now, 0, [("accuracy/central", 0.1)]);

        var content = File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder)));

        var record = "2400000000000000" + "422b804d" + "0900000040fc54d9412a190a170a1061636375726163792f63656e7472616c15cdcccc3d" + "18f6534d";
        Assert.EndsWith(record, Convert.ToHexStringLower(content), StringComparison.Ordinal);
        Assert.Contains("brain.Event:2", Encoding.ASCII.GetString(content), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_round_is_there_once_with_the_figures_of_its_record()
    {
        var result = await workplace.FinishFederationAsync("--id", "one", "--tensorboard", workplace["curves"]);
        await workplace.RunAsync("run", "one", "--tensorboard", workplace["curves"]);

        var curves = Curves();
        Assert.Equal([0, 1, 2], curves["accuracy/central"].Select(point => point.Step));
        Assert.Equal(result.Rounds.Select(round => (float)round.CentralAccuracy!.Value), curves["accuracy/central"].Select(point => point.Value));
        Assert.Equal(result.Rounds.Skip(1).Select(round => (float)round.FitLoss!.Value), curves["loss/fit"].Select(point => point.Value));
        Assert.Equal([0f, 3f, 3f], curves["clients/arrived"].Select(point => point.Value));
    }

    [Fact]
    public async Task A_run_that_goes_on_begins_another_file_and_a_record_that_was_cut_short_is_written_again()
    {
        await workplace.StopFederationAsync("one");
        await workplace.RunAsync("run", "one", "--tensorboard", workplace["curves"]);
        var first = Assert.Single(Directory.GetFiles(Folder));
        await using (var cut = new FileStream(first, FileMode.Open))
            cut.SetLength(cut.Length - 3);

        await workplace.RunAsync("run", "one", "--tensorboard", workplace["curves"]);

        Assert.Equal(2, Directory.GetFiles(Folder).Length);
        Assert.All(Curves().Where(curve => !curve.Key.EndsWith("/fit", StringComparison.Ordinal) && !curve.Key.EndsWith("/federated", StringComparison.Ordinal)), curve =>
            Assert.Equal([0, 1, 2], curve.Value.Select(point => point.Step)));
    }

    [Fact]
    public async Task A_directory_that_can_not_be_used_is_refused_before_anything_is_begun()
    {
        var run = await workplace.RunFederationAsync("--id", "one", "--tensorboard", workplace.Write("a-file", ""));

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("--tensorboard: '", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("one", (await workplace.RunAsync("list")).Output, StringComparison.Ordinal);
    }

    /// <summary>Reads all files of the folder, in order of name, as TensorBoard does: by the format's own words, and by nothing of what wrote them.</summary>
    private Dictionary<string, List<(long Step, float Value)>> Curves()
    {
        var curves = new Dictionary<string, List<(long, float)>>(StringComparer.Ordinal);
        foreach (var path in Directory.GetFiles(Folder, "*tfevents*").Order(StringComparer.Ordinal))
        {
            var content = File.ReadAllBytes(path).AsSpan();
            while (content.Length >= 12 && (int)BinaryPrimitives.ReadUInt64LittleEndian(content) is var length && content.Length >= length + 16)
            {
                Read(content.Slice(12, length).ToArray());
                content = content[(length + 16)..];
            }
        }

        return curves;

        void Read(byte[] record)
        {
            var message = new CodedInputStream(record);
            var step = 0L;
            for (var tag = message.ReadTag(); tag != 0; tag = message.ReadTag())
            {
                if (WireFormat.GetTagFieldNumber(tag) == 2)
                    step = message.ReadInt64();
                else if (WireFormat.GetTagFieldNumber(tag) == 5)
                    ReadSummary(message.ReadBytes(), step);
                else
                    message.SkipLastField();
            }
        }

        void ReadSummary(ByteString summary, long step)
        {
            var values = summary.CreateCodedInput();
            while (values.ReadTag() != 0)
            {
                var value = values.ReadBytes().CreateCodedInput();
                value.ReadTag();
                var name = value.ReadString();
                value.ReadTag();
                if (!curves.TryGetValue(name, out var curve))
                    curves[name] = curve = [];
                curve.Add((step, value.ReadFloat()));
            }
        }
    }
}
