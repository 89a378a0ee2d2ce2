using FlDurable.Shared.Datasets.Library;

namespace FlDurable.Shared.Tests.Datasets.Library;

public sealed class CacheFolderTests
{
    [Fact]
    public void The_variable_comes_first() =>
        Assert.Equal(Path.GetFullPath("here"), Of((CacheFolder.Variable, "here"), ("XDG_CACHE_HOME", Path.GetTempPath())));

    [Fact]
    public void Then_the_users_caches() =>
        Assert.Equal(Path.Combine(Path.GetTempPath(), "fldurable"), Of((CacheFolder.Variable, ""), ("XDG_CACHE_HOME", Path.GetTempPath())));

    [Fact]
    public void A_relative_folder_of_caches_is_ignored() =>
        Assert.Equal(Of(("HOME", "/home/ada")), Of(("XDG_CACHE_HOME", "relative"), ("HOME", "/home/ada")));

    private static string Of(params (string Name, string Value)[] variables)
    {
        var environment = variables.ToDictionary();
        return CacheFolder.Of(name => environment.GetValueOrDefault(name));
    }
}
