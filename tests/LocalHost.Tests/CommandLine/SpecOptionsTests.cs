using System.CommandLine;
using System.Text;
using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Contracts;

namespace FlDurable.LocalHost.Tests.CommandLine;

public sealed class SpecOptionsTests
{
    [Fact]
    public void Every_field_of_a_spec_has_an_option_and_every_option_a_field()
    {
        var fields = ContractJson.Options.GetTypeInfo(typeof(FederationSpec)).Properties
            .Select(field => "--" + System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(field.Name));

        var options = SpecOptions.All().Symbols.Select(option => option.Name);

        Assert.Equal(fields.Order(StringComparer.Ordinal), options.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Options_become_the_fields_that_they_are_named_for()
    {
        var spec = Read(
            "{}",
            "--id 7 --network n --data d --partitioner p --clients 20 --validation-fraction 0.2 --rounds 3 --epochs 4 --batch-size 5 "
            + "--optimizer sgd --learning-rate 0.5 --momentum 0.9 --weight-decay 0.01 --strategy s --fraction-fit 0.6 "
            + "--fraction-evaluate 0.7 --min-fit-clients 8 --min-evaluate-clients 9 --min-available-clients 10 --quorum 6 "
            + "--over-selection 1.5 --deadline-seconds 60 --max-update-norm 4 --retention last:2 --round-attempts 2 --central-evaluation false --cohort-size 11 --seed 12 --engine e --initial i");

        Assert.Equal(
            new FederationSpec
            {
                Id = "7",
                Network = "n",
                Data = "d",
                Partitioner = "p",
                Clients = 20,
                ValidationFraction = 0.2,
                Rounds = 3,
                Epochs = 4,
                BatchSize = 5,
                Optimizer = "sgd",
                LearningRate = 0.5,
                Momentum = 0.9,
                WeightDecay = 0.01,
                Strategy = "s",
                FractionFit = 0.6,
                FractionEvaluate = 0.7,
                MinFitClients = 8,
                MinEvaluateClients = 9,
                MinAvailableClients = 10,
                Quorum = 6,
                OverSelection = 1.5,
                DeadlineSeconds = 60,
                MaxUpdateNorm = 4,
                Retention = "last:2",
                RoundAttempts = 2,
                CentralEvaluation = false,
                CohortSize = 11,
                Seed = 12,
                Engine = "e",
                Initial = "i",
            },
            spec);
    }

    [Fact]
    public void Without_options_the_defaults_are_the_tutorials() => Assert.Equal(new FederationSpec(), Read("{}", ""));

    [Fact]
    public void An_option_overrides_its_field_and_leaves_the_others()
    {
        var spec = Read("""{"clients":7,"rounds":9}""", "--rounds 2");

        Assert.Equal((7, 2), (spec.Clients, spec.Rounds));
    }

    [Theory]
    [InlineData("--learning-rate .001", 0.001)]
    [InlineData("--learning-rate +0.001", 0.001)]
    [InlineData("--learning-rate 1.e-3", 0.001)]
    [InlineData("--learning-rate 00.1", 0.1)]
    [InlineData("--learning-rate 2.", 2)]
    [InlineData("--learning-rate=-.5", -0.5)]
    public void A_number_is_read_as_people_type_it(string arguments, double expected) =>
        Assert.Equal(expected, Read("{}", arguments).LearningRate);

    [Theory]
    [InlineData("--rounds 7.0")]
    [InlineData("--rounds 7e0")]
    [InlineData("--rounds +7")]
    [InlineData("--rounds 007")]
    public void A_whole_number_is_read_as_people_type_it(string arguments) => Assert.Equal(7, Read("{}", arguments).Rounds);

    [Theory]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+")]
    [InlineData("1e")]
    [InlineData("1_0")]
    [InlineData("0x1")]
    [InlineData("--1")]
    [InlineData("1 ")]
    [InlineData("1\n")]
    [InlineData("\u0661")]
    public void What_is_no_number_is_none(string text) => Assert.Null(NumberText.ToJson(text));

    [Fact]
    public void Options_are_laid_over_a_spec_that_begins_with_a_byte_order_mark() => Assert.Equal(7, Read("\uFEFF{\"clients\":7}", "--rounds 2").Clients);

    [Theory]
    [InlineData("--clients ten", "clients", "a whole number")]
    [InlineData("--clients 1.5", "clients", "a whole number")]
    [InlineData("--learning-rate NaN", "learningRate", "a number")]
    [InlineData("--learning-rate 0,1", "learningRate", "a number")]
    [InlineData("--central-evaluation yes", "centralEvaluation", "true or false")]
    public void A_value_of_the_wrong_type_is_refused_with_its_field_and_what_is_expected(string arguments, string field, string expected)
    {
        var exception = Assert.Throws<InvalidSpecException>(() => Read("{}", arguments));

        var error = Assert.Single(exception.Errors);
        Assert.Equal(field, error.Field);
        Assert.Contains($"expected {expected}", error.Message, StringComparison.Ordinal);
    }

    private static FederationSpec Read(string spec, string arguments)
    {
        var options = SpecOptions.All();
        var command = new RootCommand();
        foreach (var option in options.Symbols)
            command.Add(option);
        var parsed = command.Parse(arguments);
        Assert.Empty(parsed.Errors);
        return options.Over(parsed, Encoding.UTF8.GetBytes(spec));
    }
}
