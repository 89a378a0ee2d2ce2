using FlDurable.Shared.Datasets;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class DatasetArgumentTests
{
    [Fact]
    public void Each_form_is_told_from_the_others()
    {
        Assert.Equal(new DatasetArgument.Cifar10Download(), DatasetArgument.Parse("cifar10"));
        Assert.Equal(new DatasetArgument.Files("cifar10", "/a:b/c"), DatasetArgument.Parse("cifar10:/a:b/c"));
        Assert.Equal(new DatasetArgument.Files("images", "pictures.zip"), DatasetArgument.Parse("images:pictures.zip"));
        Assert.Equal(new DatasetArgument.Any("images"), DatasetArgument.Parse("images"));
        Assert.Equal(new DatasetArgument.Any(@"C:\data"), DatasetArgument.Parse(@"C:\data"));
        Assert.Equal(new DatasetArgument.Synthetic(new SyntheticParameters(50_000, 10_000, 0)), DatasetArgument.Parse("synthetic"));
        Assert.Equal(
            new DatasetArgument.Synthetic(new SyntheticParameters(2000, 500, 7)), DatasetArgument.Parse("synthetic:train=2000,test=500,seed=7"));
        Assert.Equal(new DatasetArgument.Synthetic(new SyntheticParameters(Seed: 3)), DatasetArgument.Parse("synthetic:seed=3"));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData(" ", "empty")]
    [InlineData("cifar10:", "no path")]
    [InlineData("images: ", "no path")]
    [InlineData("synthetic:", "no name=N")]
    [InlineData("synthetic:train", "no name=N")]
    [InlineData("synthetic:train=0", "train is '0', expected 1 to 300000")]
    [InlineData("synthetic:test=300001", "test is '300001'")]
    [InlineData("synthetic:seed=-1", "seed is '-1', expected 0 to 9007199254740991")]
    [InlineData("synthetic:train=1e3", "train is '1e3'")]
    [InlineData("synthetic:images=5", "unknown parameter 'images'")]
    [InlineData("synthetic:seed=1,seed=2", "given twice")]
    public void What_is_wrong_is_said(string argument, string words)
    {
        var exception = Assert.Throws<DatasetException>(() => DatasetArgument.Parse(argument));

        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("synthetic:", "train=1,", 100)]
    [InlineData("synthetic:", "train", 100)]
    [InlineData("synthetic:train=", "9", 1_000)]
    [InlineData("cifar10:", " ", 1_000)]
    [InlineData("synthetic:", "train=1,", 100_000)]
    [InlineData("/", "directory/", 100_000)]
    public void Of_a_long_argument_only_the_beginning_is_quoted(string beginning, string repeated, int times)
    {
        var argument = beginning + string.Concat(Enumerable.Repeat(repeated, times));

        var exception = Assert.Throws<DatasetException>(() => DatasetArgument.Parse(argument));

        Assert.Contains($"'{argument[..80]}…", exception.Message, StringComparison.Ordinal);
        Assert.InRange(exception.Message.Length, 1, 500);
    }
}
