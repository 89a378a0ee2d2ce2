using FlDurable.LocalHost.Places;

namespace FlDurable.LocalHost.Tests.Places;

public sealed class StateFolderTests
{
    private readonly Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["HOME"] = "/home/someone" };

    [Fact]
    public void A_named_folder_comes_first()
    {
        environment[StateFolder.Variable] = "/variable";

        Assert.Equal(new StateFolder(Path.GetFullPath("/named"), IsNamed: true), Find("/named"));
    }

    [Fact]
    public void Then_comes_the_variable()
    {
        environment[StateFolder.Variable] = "/variable";
        environment["XDG_DATA_HOME"] = "/data";

        Assert.Equal(new StateFolder(Path.GetFullPath("/variable"), IsNamed: false), Find(null));
    }

    [Fact]
    public void Then_the_users_data_folder()
    {
        environment["XDG_DATA_HOME"] = "/data";

        Assert.Equal(Path.Combine("/data", "fldurable"), Find(null).Path);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("relative")]
    public void Without_an_absolute_one_it_is_the_usual_place(string? dataHome)
    {
        if (dataHome is not null)
            environment["XDG_DATA_HOME"] = dataHome;

        Assert.Equal("/home/someone/.local/share/fldurable", Find(null).Path);
    }

    private StateFolder Find(string? named) => StateFolder.Of(named, name => environment.GetValueOrDefault(name));
}
