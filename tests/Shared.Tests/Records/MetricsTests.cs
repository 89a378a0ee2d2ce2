using FlDurable.Shared.Json;
using FlDurable.Shared.Records;

namespace FlDurable.Shared.Tests.Records;

public sealed class MetricsTests
{
    [Fact]
    public void A_mean_is_weighted_by_examples() =>
        Assert.Equal(new Metrics(1.75, 0.25), Metrics.WeightedMean([(new Metrics(1, 0), 1), (new Metrics(2, 1.0 / 3), 3)]));

    [Fact]
    public void An_additional_metric_is_averaged_over_those_who_report_it()
    {
        var mean = Metrics.WeightedMean(
        [
            (new Metrics(1, 1, new Dictionary<string, double> { ["f1"] = 0.5 }), 2),
            (new Metrics(1, 1), 100),
            (new Metrics(1, 1, new Dictionary<string, double> { ["f1"] = 1.0 }), 2),
        ]);

        Assert.Equal(0.75, mean!.Additional!["f1"]);
    }

    [Fact]
    public void Of_too_many_metrics_those_stay_that_most_examples_stand_behind()
    {
        // {"all":1,…} and members of 20 bytes: 101 of them fit.
        var parts = Enumerable.Range(100, 150).Select(client => (
            new Metrics(1, 1, new Dictionary<string, double> { [$"of-client-{client}"] = client, ["all"] = 1 }), (long)client));

        var mean = Metrics.WeightedMean(parts)!.Additional!;

        Assert.Equal(["all", .. Enumerable.Range(149, 101).Select(client => $"of-client-{client}")], mean.Keys);
        Assert.InRange(ContractJson.SerializeToUtf8(mean).Length, Metrics.MaxAdditionalBytes - 20, Metrics.MaxAdditionalBytes);
    }

    [Theory]
    [InlineData(0, 0, 0, true)]
    [InlineData(-1e-9, 1, -1e39, true)]
    [InlineData(7e11, 0.5, 1e39, true)]
    [InlineData(-0.001, 0.5, 0, false)]
    [InlineData(1.1e39, 0.5, 0, false)]
    [InlineData(double.NaN, 0.5, 0, false)]
    [InlineData(1, 1.0000001, 0, false)]
    [InlineData(1, -1e-9, 0, false)]
    [InlineData(1, double.NaN, 0, false)]
    [InlineData(1, 0.5, 1.1e39, false)]
    [InlineData(1, 0.5, double.NaN, false)]
    public void Metrics_have_a_range(double loss, double accuracy, double additional, bool hold) =>
        Assert.Equal(hold, new Metrics(loss, accuracy, new Dictionary<string, double> { ["x"] = additional }).Problem is null);

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(40, true)]
    [InlineData(41, false)]
    public void A_metrics_name_has_a_length(int length, bool holds) => Assert.Equal(holds, Named([new string('m', length)]).Problem is null);

    [Theory]
    [InlineData("a\u001b[2J")]
    [InlineData("a\u202Eb")]
    public void A_metrics_name_has_no_character_that_is_acted_on(string name) =>
        Assert.Contains("none of them a control character", Named([name]).Problem, StringComparison.Ordinal);

    [Fact]
    public void Additional_metrics_have_so_many_bytes_and_not_one_more()
    {
        string[] names = [.. Enumerable.Range(100, 43).Select(index => $"{new string('m', 36)}-{index}"), "é"];
        var most = Named([.. names, new string('m', 10)]);
        var more = Named([.. names, new string('m', 11)]);

        Assert.Equal((Metrics.MaxAdditionalBytes, null), (ContractJson.SerializeToUtf8(most.Additional).Length, most.Problem));
        Assert.Equal(Metrics.MaxAdditionalBytes + 1, ContractJson.SerializeToUtf8(more.Additional).Length);
        Assert.Equal("its 45 additional metrics are 2,049 bytes of JSON, expected at most 2,048", more.Problem);
    }

    [Fact]
    public void Nothing_has_no_mean() => Assert.Null(Metrics.WeightedMean([(new Metrics(1, 1), 0)]));

    [Theory]
    [InlineData(double.NaN, 0.5, 0.5)]
    [InlineData(1, double.PositiveInfinity, 0.5)]
    [InlineData(1, 0.5, double.NegativeInfinity)]
    public void A_metric_that_is_no_number_is_seen(double loss, double accuracy, double additional) =>
        Assert.False(new Metrics(loss, accuracy, new Dictionary<string, double> { ["x"] = additional }).AreFinite);

    private static Metrics Named(IEnumerable<string> names) => new(1, 0.5, names.ToDictionary(name => name, _ => 0.5));
}
