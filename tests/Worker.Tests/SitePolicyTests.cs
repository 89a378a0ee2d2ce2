namespace FlDurable.Worker.Tests;

/// <summary>What a site's policy lets leave of numbers.</summary>
public sealed class SitePolicyTests
{
    [Fact]
    public void One_record_more_changes_nothing_of_what_is_shared()
    {
        var policy = SitePolicy.Parse("""{"sharesClassCounts": true, "examplesInStepsOf": 10}"""u8.ToArray(), "policy.json");

        Assert.Equal((100, 100), (policy.Reduce(100), policy.Reduce(101)));
        Assert.Equal([40, 50, 0], policy.Reduce([40, 51, 9])!);
        Assert.Equal([40, 50, 0], policy.Reduce([41, 51, 9])!);
    }

    [Fact]
    public void Counts_by_class_stay_at_the_site_unless_it_shares_them() => Assert.Null(SitePolicy.Parse("{}"u8.ToArray(), "policy.json").Reduce([40, 51]));

    [Fact]
    public void A_site_with_few_examples_has_some() =>
        Assert.Equal((1, 0), (SitePolicy.Parse("""{"examplesInStepsOf": 50}"""u8.ToArray(), "policy.json").Reduce(3), new SitePolicy { ExamplesInStepsOf = 50 }.Reduce(0)));
}
