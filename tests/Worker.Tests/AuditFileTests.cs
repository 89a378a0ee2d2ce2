using FlDurable.Worker.Tests.Support;

namespace FlDurable.Worker.Tests;

/// <summary>What a site writes down before it leaves.</summary>
public sealed class AuditFileTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("", 1)]
    [InlineData("{\"at\":\"2026-01-01T00:00:00Z\",\"what\":\"enro", 1)] // cut off by a crash
    [InlineData("{\"at\":\"2026-01-01T00:00:00Z\",\"what\":\"enrolled\",\"server\":\"host\"}\n", 2)]
    public void What_a_crash_has_cut_off_spoils_no_line_after_it(string before, int whole)
    {
        File.WriteAllText(folder["audit.jsonl"], before);
        var audit = new AuditFile(folder["audit.jsonl"]);

        audit.Append(new AuditEntry(DateTime.UnixEpoch, AuditEntry.Trained, "host", "fed", 3));

        var cutOff = new List<long>();
        Assert.Equal(whole, audit.Read(cutOff.Add).Count());
        Assert.Equal(before.Length > 0 && whole == 1 ? [1] : [], cutOff);
        Assert.Equal("fed", audit.Read().Last().Federation);
        Assert.StartsWith(before, File.ReadAllText(folder["audit.jsonl"]), StringComparison.Ordinal);
    }
}
