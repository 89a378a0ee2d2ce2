using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Tests.Specs;

public sealed class AvailabilityTests
{
    [Theory]
    [InlineData("0-3;1,4-5", 1, new[] { 0, 1, 2, 3 })]
    [InlineData("0-3;1,4-5", 2, new[] { 1, 4, 5 })]
    [InlineData("0-3;1,4-5", 3, new[] { 0, 1, 2, 3 })] // anew after the last
    [InlineData("7", 1_000_000, new[] { 7 })]
    public void The_lists_follow_each_other_round_by_round(string lists, int round, int[] clients)
    {
        var availability = Availability.TryParse(lists)!;

        Assert.Equal(clients, Enumerable.Range(0, 10).Where(client => availability.IsThere(client, round)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(";")]
    [InlineData("0;")]
    [InlineData("3-1")]
    [InlineData("-1")]
    [InlineData("0,,1")]
    [InlineData("client-0")]
    [InlineData("99999999")]
    [InlineData("0-3 ;1")]
    [InlineData("٣")]
    [InlineData("0\n")]
    public void What_is_no_list_is_none(string lists) => Assert.Null(Availability.TryParse(lists));

    [Fact]
    public void The_largest_number_is_known() => Assert.Equal(12, Availability.TryParse("0-3;1,4-12,5")!.LastClient);
}
