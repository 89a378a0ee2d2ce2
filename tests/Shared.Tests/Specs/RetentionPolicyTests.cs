using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Tests.Specs;

public sealed class RetentionPolicyTests
{
    [Theory]
    [InlineData("all", new[] { 0, 1, 2, 3, 4, 5, 6, 7 })]
    [InlineData("last:1", new[] { 7 })]
    [InlineData("last:3", new[] { 5, 6, 7 })]
    [InlineData("last:100", new[] { 0, 1, 2, 3, 4, 5, 6, 7 })]
    [InlineData("every:1", new[] { 0, 1, 2, 3, 4, 5, 6, 7 })]
    [InlineData("every:3", new[] { 0, 3, 6, 7 })]
    public void After_the_last_round_these_parameters_are_left(string text, int[] expected)
    {
        Assert.True(RetentionPolicy.TryParse(text, out var policy));
        var kept = new SortedSet<int> { 0 };
        for (var round = 1; round <= 7; round++)
        {
            kept.Add(round);
            if (policy.SupersededBy(round) is { } superseded)
                kept.Remove(superseded);
        }

        Assert.Equal(expected, kept);
    }

    [Theory]
    [InlineData("all")]
    [InlineData("last:1")]
    [InlineData("last:3")]
    [InlineData("every:1")]
    [InlineData("every:3")]
    public void A_rounds_parameters_go_with_the_round_that_supersedes_it_and_no_other(string text)
    {
        Assert.True(RetentionPolicy.TryParse(text, out var policy));
        for (var round = 0; round <= 20; round++)
            Assert.Equal(Enumerable.Range(1, 40).Where(later => policy.SupersededBy(later) == round).Cast<int?>().SingleOrDefault(), policy.SupersededWith(round));
    }

    [Theory]
    [InlineData("")]
    [InlineData("last")]
    [InlineData("last:")]
    [InlineData("last:-1")]
    [InlineData("last:0")]
    [InlineData("last:1:2")]
    [InlineData("first:1")]
    [InlineData("last: 1")]
    public void Anything_else_is_no_policy(string text) => Assert.False(RetentionPolicy.TryParse(text, out _));
}
