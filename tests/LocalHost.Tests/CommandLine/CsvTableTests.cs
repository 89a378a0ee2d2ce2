using FlDurable.LocalHost.CommandLine;

namespace FlDurable.LocalHost.Tests.CommandLine;

public sealed class CsvTableTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData(0.1, "0.1")]
    [InlineData(-1.5, "-1.5")]
    [InlineData(3, "3")]
    [InlineData("cat", "cat")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("a\nb", "\"a\nb\"")]
    [InlineData("=1+1", "'=1+1")]
    public void A_cell_is_what_others_read_as_the_same(object? value, string cell)
    {
        using var output = new StringWriter { NewLine = "|" };

        CsvTable.Write(output, ["a"], [[value, 1]]);

        Assert.Equal($"a|{cell},1|", output.ToString());
    }
}
