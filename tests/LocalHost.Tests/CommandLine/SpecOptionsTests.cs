using FlDurable.Shared.Attacks;
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Hosting;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Tests.CommandLine;

public sealed class SpecOptionsTests
{
    private static readonly SpecTable Table = new HostParts().SpecTable;

    private static readonly SpecTable WithOptions = new(
    [
        new NetworkRegistry(), new Partitioners(), new AttackRegistry(), new Registered("selection", new SpecAlternative("uniform")), new Registered("engine", new SpecAlternative("lanes")),
        new Registered(
            "strategy", new SpecAlternative("fedavg"),
            new SpecAlternative(
                "fedadam", new NumberField("serverLearningRate", "The server's step size.", new NumberRange(0, 10) { IsAboveLeast = true }) { Default = 0.1 },
                new TextField("label", "A name for it.") { Default = "none" })),
    ]);

    [Fact]
    public void Every_field_of_a_spec_has_an_option_and_every_option_a_field()
    {
        var fields = ContractJson.Options.GetTypeInfo(typeof(FederationSpec)).Properties
            .Select(field => "--" + JsonNamingPolicy.KebabCaseLower.ConvertName(field.Name));

        var options = new SpecOptions(Table.Fields).Symbols.Select(option => option.Name).Where(name => !name.EndsWith("-option", StringComparison.Ordinal));

        Assert.Equal(fields.Order(StringComparer.Ordinal), options.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Help_names_options_for_fields_leaves_values_as_they_are_and_shows_lists_as_they_are_written()
    {
        var said = string.Join('\n', new SpecOptions(Table.Fields).Symbols.Select(option => option.Description));

        Assert.DoesNotContain("System.", said, StringComparison.Ordinal);
        Assert.DoesNotContain('`', said);
        foreach (var value in (string[])["--random", "--deterministic", "--folder ", "--client-0", "--export"])
            Assert.DoesNotContain(value, said, StringComparison.Ordinal);
        Assert.Contains("--fraction-fit", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_become_the_fields_that_they_are_named_for()
    {
        var spec = Read(
            "{}",
            "--id 7 --network fedavg-cnn --data d --partitioner iid --clients 20 --validation-fraction 0.2 --rounds 3 --epochs 4 --batch-size 5 "
            + "--optimizer sgd --learning-rate 0.5 --momentum 0.9 --weight-decay 0.01 --strategy fedavg --fraction-fit 0.6 "
            + "--fraction-evaluate 0.7 --min-fit-clients 8 --min-evaluate-clients 9 --min-available-clients 10 --quorum 6 "
            + "--over-selection 1.5 --deadline-seconds 60 --max-update-norm 4 --retention last:2 --round-attempts 2 --central-evaluation false --cohort-size 1 --seed 12 --engine lanes --initial i");

        Assert.Equal(
            new FederationSpec
            {
                Id = "7",
                Network = "fedavg-cnn",
                Data = "d",
                Partitioner = "iid",
                Clients = 20,
                ValidationFraction = 0.2,
                Rounds = 3,
                Epochs = 4,
                BatchSize = 5,
                Optimizer = "sgd",
                LearningRate = 0.5,
                Momentum = 0.9,
                WeightDecay = 0.01,
                Strategy = "fedavg",
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
                CohortSize = 1,
                Seed = 12,
                Engine = "lanes",
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
    [InlineData("--learning-rate=+.5", 0.5)]
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
    [InlineData("--learning-rate=-.5", "learningRate", "above 0 to 100, got -0.5")]
    [InlineData("--central-evaluation yes", "centralEvaluation", "true or false")]
    public void A_value_of_the_wrong_type_is_refused_with_its_field_and_what_is_expected(string arguments, string field, string expected)
    {
        var exception = Assert.Throws<InvalidSpecException>(() => Read("{}", arguments));

        var error = Assert.Single(exception.Errors);
        Assert.Equal(SpecOption.NameOf(field), error.Field);
        Assert.Contains($"expected {expected}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "--strategy fedadam", 0.1, "none")]
    [InlineData("{}", "--strategy fedadam --strategy-option serverLearningRate=.03", 0.03, "none")]
    [InlineData("{}", "--strategy fedadam --strategy-option serverLearningRate=0.03 --strategy-option label=7", 0.03, "7")]
    [InlineData("""{"strategy":"fedadam"}""", "--strategy-option label=a=b", 0.1, "a=b")]
    [InlineData("""{"strategy":{"name":"fedadam","serverLearningRate":0.3,"label":"x"}}""", "--strategy-option label=y", 0.3, "y")]
    [InlineData("""{"strategy":{"name":"fedadam","serverLearningRate":0.3,"label":"x"}}""", "--strategy fedadam", 0.1, "none")]
    [InlineData("""{"strategy":"fedavg"}""", "--strategy fedadam --strategy-option label=y", 0.1, "y")]
    public void An_option_of_what_a_field_names_is_given_beside_the_name(string spec, string arguments, double rate, string label) => Assert.Equal(
        $$"""{"name":"fedadam","serverLearningRate":{{rate.ToString(CultureInfo.InvariantCulture)}},"label":"{{label}}"}""",
        ContractJson.Serialize(Read(WithOptions, spec, arguments).Strategy));

    [Theory]
    [InlineData("--strategy-option serverLearningRate=1", "--strategy-option serverLearningRate", "strategy 'fedavg' has none")]
    [InlineData("--strategy fedadam --strategy-option rate=1", "--strategy-option rate", "strategy 'fedadam' has serverLearningRate, label")]
    [InlineData("--strategy fedadam --strategy-option serverLearningRate=0", "--strategy-option serverLearningRate", "above 0 to 10")]
    [InlineData("--strategy fedprox --strategy-option mu=1", "--strategy", "one of fedavg, fedadam")]
    public void What_is_wrong_with_such_an_option_is_said_of_it(string arguments, string option, string expected)
    {
        var error = Assert.Single(Assert.Throws<InvalidSpecException>(() => Read(WithOptions, "{}", arguments)).Errors);

        Assert.Equal(option, error.Field);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--strategy-option serverLearningRate")]
    [InlineData("--strategy-option =1")]
    [InlineData("--strategy-option --rounds")]
    public void Such_an_option_without_a_value_is_refused(string arguments) =>
        Assert.NotEmpty(Parse(new SpecOptions(WithOptions.Fields), arguments).Errors);

    [Fact]
    public void The_help_has_the_values_the_default_and_the_options_of_names()
    {
        var help = new SpecOptions(WithOptions.Fields).Symbols.ToDictionary(option => option.Name, option => option.Description, StringComparer.Ordinal);

        Assert.Equal("How updates are aggregated. Values: one of fedavg, fedadam. Default: fedavg.", help["--strategy"]);
        Assert.Equal(
            "An option of what --strategy names; again for each. Of fedadam: serverLearningRate: The server's step size. Values: above 0 to 10. Default: 0.1. "
            + "label: A name for it. Default: none.",
            help["--strategy-option"]);
        Assert.Equal("At least so many clients train, whatever --fraction-fit says. Values: 1 to the number of clients. Default: 1.", help["--min-fit-clients"]);
        Assert.DoesNotContain("--engine-option", help.Keys);
    }

    private static FederationSpec Read(string spec, string arguments) => Read(Table, spec, arguments);

    private static FederationSpec Read(SpecTable table, string spec, string arguments)
    {
        var options = new SpecOptions(table.Fields);
        var parsed = Parse(options, arguments);
        Assert.Empty(parsed.Errors);
        using var document = SpecDocument.Parse(Encoding.UTF8.GetBytes(spec));
        try
        {
            return new SpecReader(table).Read(options.Of(parsed).Over(FieldValue.AllIn(document.RootElement))).Spec;
        }
        catch (InvalidSpecException exception)
        {
            throw new InvalidSpecException([.. SpecOptions.NamedAsGiven(parsed, exception.Errors)]);
        }
    }

    private static ParseResult Parse(SpecOptions options, string arguments)
    {
        var command = new RootCommand();
        foreach (var option in options.Symbols)
            command.Add(option);
        return command.Parse(arguments);
    }

    private sealed record Registered(string Field, params IReadOnlyList<SpecAlternative> Alternatives) : ISpecAlternatives;
}
