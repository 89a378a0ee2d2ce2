using System.Text;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Specs;

public sealed class SpecChoiceTests
{
    private const string Complete = """{"name":"fedadam","serverLearningRate":0.03,"memory":5,"isLazy":true,"label":"none"}""";

    private static readonly SpecReader Reader = new(Registered.Table());

    [Theory]
    [InlineData("\"fedavg\"")]
    [InlineData("""{"name":"fedavg"}""")]
    public void A_name_without_options_is_written_as_a_text_however_it_was_given(string strategy) =>
        Assert.Equal("\"fedavg\"", ContractJson.Serialize(Read(strategy)));

    [Theory]
    [InlineData("\"fedadam\"", """{"name":"fedadam","serverLearningRate":0.1,"memory":5,"isLazy":false,"label":"none"}""")]
    [InlineData("""{"isLazy":true,"serverLearningRate":0.03,"name":"fedadam"}""", Complete)]
    [InlineData("""{"name":"fedadam","serverLearningRate":3e-2,"memory":5.0,"isLazy":true,"label":null}""", Complete)]
    public void Every_option_is_written_in_the_order_in_which_they_are_declared(string strategy, string written)
    {
        var read = Read(strategy);

        Assert.Equal(written, ContractJson.Serialize(read));
        Assert.Equal(read, ContractJson.Deserialize<SpecChoice>(written));
        Assert.Equal(read, Read(written));
    }

    [Fact]
    public void An_options_value_is_had_by_its_declaration()
    {
        var given = Read(Complete);

        Assert.Equal((0.03, 5L, true, "none"), Values(given));
        Assert.Equal((0.1, 5L, false, "none"), Values("fedadam"));

        static (double, long, bool, string) Values(SpecChoice choice) =>
            (choice.Of(Registered.ServerLearningRate), choice.Of(Registered.Memory), choice.Of(Registered.IsLazy), choice.Of(Registered.Label));
    }

    [Fact]
    public void Two_are_equal_if_they_have_one_name_and_the_same_options()
    {
        Assert.Equal(Read("\"fedadam\""), Read("""{"name":"fedadam","memory":5}"""));
        Assert.NotEqual(Read("\"fedadam\""), Read("""{"name":"fedadam","memory":6}"""));
        Assert.NotEqual(Read("\"fedadam\""), Read("\"fedavg\""));
        Assert.True(Read("\"fedadam\"") == Read("\"fedadam\"") && Read("\"fedadam\"") != Read("\"fedavg\""));
    }

    [Theory]
    [InlineData("5", "strategy: expected a name, or an object with a name and options, got 5")]
    [InlineData("{}", "strategy: expected a name, or an object with a name and options, got an object")]
    [InlineData("""{"name":7}""", "strategy: expected a name, or an object with a name and options, got an object")]
    [InlineData("""{"name":"fedadam","name":"fedadam"}""", "strategy: expected a name, or an object with a name and options, got an object")]
    [InlineData("""{"name":"sum","x":1}""", "strategy: expected one of fedadam, fedavg, got 'sum'")]
    [InlineData("""{"name":"fedavg","memory":1}""", "strategy.memory: unknown option; strategy 'fedavg' has none")]
    [InlineData("""{"name":"fedadam","mu":1}""", "strategy.mu: unknown option; strategy 'fedadam' has serverLearningRate, memory, isLazy, label")]
    [InlineData("""{"name":"fedadam","memory":1,"memory":1}""", "strategy.memory: given twice")]
    [InlineData("""{"name":"fedadam","memory":0}""", "strategy.memory: expected 1 to 100, got 0")]
    [InlineData("""{"name":"fedadam","memory":"1"}""", "strategy.memory: expected a whole number, got \"1\"")]
    [InlineData("""{"name":"fedadam","label":""}""", "strategy.label: expected 1 to 1024 characters, got ''")]
    public void What_is_wrong_with_a_choice_is_said_of_the_option(string strategy, string error) =>
        Assert.Equal(error, Assert.Throws<InvalidSpecException>(() => Read(strategy)).Message);

    [Fact]
    public void A_flood_of_options_is_counted_and_not_written()
    {
        var options = string.Join(',', Enumerable.Range(0, 10_000).Select(number => $"\"unknown-{number}\":1"));

        var errors = Assert.Throws<InvalidSpecException>(() => Read($$"""{"name":"fedadam",{{options}}}""")).Errors;

        Assert.Equal(SpecErrors.Most + 1, errors.Count);
    }

    [Fact]
    public void A_recipe_keeps_its_digest_where_there_are_no_options_and_has_the_options_in_it_where_there_are()
    {
        var plain = DatasetRecipe.Of(new FederationSpec(), "aa");
        var skewed = DatasetRecipe.Of(Reader.Read("""{"partitioner":"dirichlet"}"""u8).Spec, "aa");
        var more = DatasetRecipe.Of(Reader.Read("""{"partitioner":{"name":"dirichlet","alpha":0.1}}"""u8).Spec, "aa");

        Assert.Equal("""{"version":1,"sourceSha256":"aa","partitioner":"iid","clients":10,"validationFraction":0.1,"seed":42}""", ContractJson.Serialize(plain));
        Assert.Contains("""
            "partitioner":{"name":"dirichlet","alpha":0.5,"minPartitionSize":10,"selfBalancing":false}
            """, ContractJson.Serialize(skewed), StringComparison.Ordinal);
        Assert.NotEqual(skewed.Digest(), more.Digest());
    }

    private static SpecChoice Read(string strategy) => Reader.Read(Encoding.UTF8.GetBytes($$"""{"strategy":{{strategy}}}""")).Spec.Strategy;
}
