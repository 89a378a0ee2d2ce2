using FlDurable.LocalHost.Places;

namespace FlDurable.LocalHost.Tests.Places;

public sealed class OwnProcessTests
{
    [Theory]
    [InlineData("/opt/net10/dotnet")]
    [InlineData("C:/net10/dotnet.exe")]
    public void What_dotnet_runs_the_same_dotnet_runs_once_more(string running)
    {
        var start = OwnProcess.Itself(running, "/app/fed.dll");

        Assert.Equal(running, start.FileName);
        Assert.Equal(["/app/fed.dll"], start.ArgumentList);
    }

    [Theory]
    [InlineData("/usr/local/bin/fldurable")]
    [InlineData("/usr/local/bin/fldurable-1.2")]
    [InlineData("/usr/local/bin/federate")]
    [InlineData("C:/tools/fldurable.exe")]
    public void A_file_of_its_own_is_started_whatever_its_name_is(string running)
    {
        var start = OwnProcess.Itself(running, "/app/fed.dll");

        Assert.Equal(running, start.FileName);
        Assert.Empty(start.ArgumentList);
    }
}
