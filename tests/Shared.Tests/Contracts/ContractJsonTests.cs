using System.Text.Json;
using FlDurable.Shared.Contracts;

namespace FlDurable.Shared.Tests.Contracts;

public sealed class ContractJsonTests
{
    [Theory]
    [InlineData("""{"name":"a","length":1,"sha256":"x","more":1}""")]
    [InlineData("""{"name":"a","length":1}""")]
    [InlineData("""{"name":null,"length":1,"sha256":"x"}""")]
    [InlineData("""{"name":"a","length":"1","sha256":"x"}""")]
    [InlineData("""{"name":"a","length":1,"length":2,"sha256":"x"}""")]
    [InlineData("null")]
    public void What_is_unknown_missing_null_converted_or_double_is_refused(string json) =>
        Assert.Throws<JsonException>(() => ContractJson.Deserialize<ArtifactReference>(json));

    [Fact]
    public void What_may_be_null_may_be_absent()
    {
        var end = new CohortEnd(Manifest: null, "failed");

        Assert.Equal("""{"failure":"failed"}""", ContractJson.Serialize(end));
        Assert.Equal(end, ContractJson.Deserialize<CohortEnd>(ContractJson.Serialize(end)));
    }

    [Fact]
    public void Numbers_that_are_none_are_not_written() =>
        Assert.ThrowsAny<Exception>(() => ContractJson.Serialize(new Metrics(double.NaN, 0)));

    [Fact]
    public void What_follows_from_other_fields_is_not_written() =>
        Assert.Equal("""{"loss":1,"accuracy":0.5}""", ContractJson.Serialize(new Metrics(1, 0.5)));

    [Fact]
    public void Enums_are_words() => Assert.Equal("\"evaluate\"", ContractJson.Serialize(RoundPhase.Evaluate));
}
