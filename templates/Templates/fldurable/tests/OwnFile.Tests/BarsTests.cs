using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace OwnNamespace.Tests;

public sealed class BarsTests
{
    [Fact]
    public async Task There_are_as_many_of_each_as_are_asked_for()
    {
        var bars = await new Bars().LoadAsync("30", progress: null, TestContext.Current.CancellationToken);

        Assert.Equal(new ImageShape(1, 8, 8), bars.Shape);
        Assert.Equal([30, 30], Enumerable.Range(0, bars.Train.Count).CountBy(bars.Train.Label).OrderBy(label => label.Key).Select(label => label.Value));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("many")]
    public async Task Another_number_is_refused(string argument) =>
        await Assert.ThrowsAsync<DatasetException>(() => new Bars().LoadAsync(argument, progress: null, TestContext.Current.CancellationToken));

    [Fact]
    public void The_network_takes_them() => Assert.Equal(2, OwnNetworks.Narrow.For(new ImageShape(1, 8, 8), classes: 2).Classes);
}
