using FlDurable.Shared.Datasets.Images;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class NativeDecoderTests
{
    [Fact]
    public void The_library_that_is_here_goes_with_its_managed_part() => NativeDecoder.Require();

    [Fact]
    public void A_library_of_another_version_is_named_with_the_one_that_is_needed_and_what_to_look_for()
    {
        var why = NativeDecoder.WhyNot(() => (new Version(88, 1), new Version(119, 0), false));

        Assert.StartsWith("images can't be decoded: the native library of SkiaSharp that this program has is of version 88.1, and SkiaSharp 3.119 needs 119.0.", why, StringComparison.Ordinal);
        Assert.Contains("dotnet list package --include-transitive", why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_not_there_or_ends_in_its_own_check_is_named()
    {
        Assert.Contains("can't be loaded (no libSkiaSharp)", NativeDecoder.WhyNot(() => throw new DllNotFoundException("no libSkiaSharp")), StringComparison.Ordinal);
        Assert.Contains("can't be loaded (incompatible)", NativeDecoder.WhyNot(() => throw new TypeInitializationException("SKObject", new InvalidOperationException("incompatible"))), StringComparison.Ordinal);
    }
}
