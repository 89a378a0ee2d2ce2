using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Specs;

public sealed class SpecTableTests
{
    [Fact]
    public void Every_property_of_a_spec_has_a_row_and_every_row_a_property() => Assert.Equal(
        ContractJson.Options.GetTypeInfo(typeof(FederationSpec)).Properties.Select(property => property.Name),
        Registered.Table().Fields.Select(field => field.Name));

    [Fact]
    public void A_default_is_what_a_new_spec_has_unless_it_follows_from_elsewhere()
    {
        var fields = Registered.Table().Fields;

        Assert.Equal(5L, ((WholeNumberField)fields.Single(field => field.Name == "rounds")).Default);
        Assert.All(fields, field => Assert.True(field.DefaultValue is null != field.DefaultMeaning is null, field.Name));
    }

    [Fact]
    public void A_field_that_can_name_nothing_is_told_when_the_host_is_made()
    {
        var exception = Assert.Throws<ArgumentException>(() => new SpecTable([new NetworkRegistry()]));

        Assert.Contains("partitioner", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_needs_a_default_and_a_name_of_its_own()
    {
        Assert.Contains("no default", Refused(Registered.Memory with { Default = null }), StringComparison.Ordinal);
        Assert.Contains("one name", Refused(Registered.Memory, Registered.Memory), StringComparison.Ordinal);
        Assert.Contains("'name'", Refused(new FlagField("name", "x") { Default = true }), StringComparison.Ordinal);

        static string Refused(params SpecField[] options) =>
            Assert.Throws<ArgumentException>(() => new SpecTable([Registered.Strategies(options)])).Message;
    }

    [Theory]
    [InlineData(0, 1, false, false, "0 to 1")]
    [InlineData(0, 1, true, false, "above 0 to 1")]
    [InlineData(0, 1, false, true, "0 to below 1")]
    [InlineData(0, double.PositiveInfinity, true, false, "above 0")]
    [InlineData(2, double.PositiveInfinity, false, false, "2 or more")]
    public void A_range_has_its_bounds_unless_it_says_otherwise(double least, double most, bool isAbove, bool isBelow, string words)
    {
        var range = new NumberRange(least, most) { IsAboveLeast = isAbove, IsBelowMost = isBelow };

        Assert.Equal(words, range.ToString());
        Assert.Equal(!isAbove, range.Contains(least));
        Assert.Equal(!isBelow && double.IsFinite(most), range.Contains(most));
        Assert.False(range.Contains(Math.BitDecrement(least)));
        Assert.False(range.Contains(double.NaN));
    }
}
