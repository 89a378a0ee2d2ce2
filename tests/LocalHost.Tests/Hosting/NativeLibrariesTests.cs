using FlDurable.LocalHost.Hosting;
using SkiaSharp;

namespace FlDurable.LocalHost.Tests.Hosting;

public sealed class NativeLibrariesTests
{
    [Fact]
    public void Each_is_here_and_says_its_version() =>
        Assert.All(NativeLibraries.Load(), library => Assert.Equal((true, null), (Version.TryParse(library.Version, out _), library.WhyNot)));

    [Fact]
    public void One_that_is_missing_or_of_another_version_is_why_a_type_could_not_begin()
    {
        var missing = new TypeInitializationException("SqliteConnection", new DllNotFoundException("Unable to load shared library 'e_sqlite3'.\n/app/libe_sqlite3.so: no such file"));
        var other = new TypeInitializationException("SKObject", new InvalidOperationException("The library (88.1) is incompatible.") { Source = typeof(SKData).Assembly.GetName().Name });

        Assert.Equal("a native library can't be used: Unable to load shared library 'e_sqlite3'", NativeLibraries.WhyNot(missing));
        Assert.Equal("a native library can't be used: The library (88.1) is incompatible", NativeLibraries.WhyNot(new TypeInitializationException("PictureFont", other)));
    }

    [Fact]
    public void Another_fault_of_a_type_is_none_of_a_library()
    {
        Assert.Null(NativeLibraries.WhyNot(new TypeInitializationException("Own", new InvalidOperationException("a fault of ours"))));
        Assert.Null(NativeLibraries.WhyNot(new InvalidOperationException("a fault of ours")));
    }
}
