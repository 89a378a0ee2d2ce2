using System.Text;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Specs;

public sealed class SpecReaderTests
{
    private static readonly SpecReader Reader = new(Registered.Table());

    private static FederationSpec Read(string json) => Reader.Read(Encoding.UTF8.GetBytes(json)).Spec;

    [Fact]
    public void An_empty_spec_is_the_tutorial()
    {
        var spec = Read("{}");

        Assert.Equal(
            """{"network":"cifar10-cnn","partitioner":"iid","clients":10,"validationFraction":0.1,"rounds":5,"epochs":1,"batchSize":32,"optimizer":"adam","learningRate":0.001,"momentum":0,"weightDecay":0,"strategy":"fedavg","fractionFit":1,"fractionEvaluate":0.5,"minFitClients":1,"minEvaluateClients":5,"minAvailableClients":10,"selection":"uniform","quorum":5,"overSelection":1,"attack":"none","roundAttempts":2,"centralEvaluation":true,"cohortSize":"auto","seed":42,"retention":"all","engine":"auto"}""",
            ContractJson.Serialize(spec));
    }

    [Theory]
    [InlineData("""{"clients":3, /* two, and one more */ "rounds":7,} // over""")]
    [InlineData("{\r\n  // \"clients\": 9, ]\r\n  \"$schema\": \"./x.schema.json\",\r\n  \"clients\": 3, // ,,\r\n  \"rounds\": 7, /* , */\r\n}")]
    [InlineData("""{"clients":3,"rounds":7,"network":"mlp","learningRate":[0.001,],"strategy":{"name":"fedavg",}}""")]
    public void Comments_and_a_comma_after_the_last_are_no_part_of_a_spec(string json)
    {
        var spec = Read(json);

        Assert.Equal((3, 7), (spec.Clients, spec.Rounds));
    }

    [Theory]
    [InlineData("{\"clients\":3,,}", "$", "line 1, byte 14")]
    [InlineData("{ // one\n /* two\n */ \"clients\": x }", "clients", "line 3, byte 16")]
    [InlineData("{\"data\":\"a // b, }\" \"clients\":3}", "$", "line 1, byte 21")]
    [InlineData("{\"clients\":3} /* and so on", "$", "line 1")]
    public void What_is_no_JSON_is_where_it_was_written(string json, string field, string place)
    {
        var error = Assert.Single(Assert.Throws<InvalidSpecException>(() => Read(json)).Errors);

        Assert.Equal(field, error.Field);
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Minimums_follow_the_number_of_clients_until_they_are_given()
    {
        Assert.Equal((3, 3), Minimums(Read("""{"clients":3}""")));
        Assert.Equal((5, 10), Minimums(Read("""{"clients":300}""")));
        Assert.Equal((2, 10), Minimums(Read("""{"minEvaluateClients":2}""")));

        static (int, int) Minimums(FederationSpec spec) => (spec.MinEvaluateClients, spec.MinAvailableClients);
    }

    [Theory]
    [InlineData("""{"fractionFit":0.3}""", 3, 5)]
    [InlineData("""{"fractionFit":0.01}""", 1, 5)]
    [InlineData("""{"fractionEvaluate":0.3}""", 10, 3)]
    [InlineData("""{"fractionEvaluate":0.01}""", 10, 1)]
    [InlineData("""{"clients":4}""", 4, 4)]
    [InlineData("""{"clients":4,"fractionEvaluate":0.5}""", 4, 2)]
    [InlineData("""{"minFitClients":8,"fractionFit":0.3,"minEvaluateClients":7,"fractionEvaluate":0.3}""", 8, 7)]
    public void A_fraction_that_is_given_is_overruled_by_a_minimum_that_is_given_and_by_no_other(string json, int fit, int evaluate)
    {
        var spec = Read(json);

        Assert.Equal((fit, evaluate), (spec.NeededUpdates(spec.Clients), spec.NeededEvaluations(spec.Clients)));
    }

    [Theory]
    [InlineData("""{"clients":1}""", 1)]
    [InlineData("""{"clients":2}""", 1)]
    [InlineData("""{"clients":3}""", 2)]
    [InlineData("{}", 5)]
    [InlineData("""{"clients":100,"fractionFit":0.1}""", 5)]
    [InlineData("""{"clients":100,"fractionFit":0.1,"minFitClients":31}""", 16)]
    [InlineData("""{"quorum":10}""", 10)]
    public void A_quorum_is_half_of_the_updates_that_a_round_needs_unless_it_is_given(string json, int quorum)
    {
        Assert.Equal(quorum, Read(json).Quorum);
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var spec = new FederationSpec { Id = "a", Data = "synthetic", Clients = 7, Optimizer = "sgd", Momentum = 0.9, Initial = "x.safetensors" };

        Assert.Equal(ContractJson.Serialize(spec), ContractJson.Serialize(Read(ContractJson.Serialize(spec))));
    }

    [Theory]
    [InlineData("""{"minFitClients":0}""", "minFitClients: expected 1 to the number of clients, got 0")]
    [InlineData("""{"minFitClients":11}""", "minFitClients: expected 1 to the number of clients, 10, got 11")]
    [InlineData("""{"clients":100,"fractionFit":0.1,"quorum":11}""", "quorum: expected 1 to the updates that a round needs, 10, got 11")]
    [InlineData("""{"momentum":0.9}""", "momentum: expected 0 with optimizer adam, which has none, got 0.9")]
    [InlineData("""{"optimizer":"sgd","momentum":0.999999999999}""", "momentum: expected 0 to below 1, also in single precision, got 0.999999999999")]
    [InlineData("""{"learningRate":1e-39}""", "learningRate: expected 1.2E-38 or more, the least that single precision has, got 1E-39")]
    [InlineData("""{"overSelection":1.3,"cohortSize":2}""", "overSelection: expected 1 with a cohortSize above 1, got 1.3")]
    [InlineData("""{"strategy":"sum"}""", "strategy: expected one of fedadam, fedavg, got 'sum'")]
    [InlineData("""{"engine":"torch"}""", "engine: expected one of auto, lanes, got 'torch'")]
    public void An_error_says_what_is_expected_and_what_was_got(string json, string error) =>
        Assert.Equal(error, Assert.Throws<InvalidSpecException>(() => Read(json)).Message);

    [Fact]
    public void A_caller_is_shown_what_could_be_read_and_adds_its_errors_to_the_others()
    {
        FederationSpec? shown = null;

        var exception = Assert.Throws<InvalidSpecException>(() => Reader.Read("""{"rounds":0,"clients":7}"""u8, (spec, errors) =>
        {
            shown = spec;
            errors.Add("clients", "odd");
        }));

        Assert.Equal(new FederationSpec { Clients = 7 }, shown);
        Assert.Equal(["rounds", "clients"], exception.Errors.Select(error => error.Field));
    }

    [Fact]
    public void A_spec_without_an_id_is_given_one_and_one_with_an_id_keeps_it()
    {
        Assert.NotNull(Reader.Read("{}"u8).WithId().Spec.Id);
        Assert.Equal("a", Reader.Read("""{"id":"a"}"""u8).WithId().Spec.Id);
    }

    [Fact]
    public void Every_bad_field_is_named_at_once()
    {
        var error = Assert.Throws<InvalidSpecException>(() => Read("""{"rounds":"5","clients":1.5,"network":7,"epoch":1,"centralEvaluation":"yes"}"""));

        Assert.Equal(["rounds", "clients", "network", "epoch", "centralEvaluation"], error.Errors.Select(one => one.Field));
        Assert.Contains("rounds: expected a whole number, got \"5\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("network: expected a name, or an object with layers, got 7", error.Message, StringComparison.Ordinal);
        Assert.Contains("epoch: unknown field; known are id, network,", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_no_Unicode_is_refused()
    {
        Assert.Throws<InvalidSpecException>(() => Reader.Read([.. "{\"data\":\""u8, 0x84, .. "\"}"u8]));
        Assert.Throws<InvalidSpecException>(() => Read("""{"data":"\ud800"}"""));
        Assert.Throws<InvalidSpecException>(() => Read("""{"\ud800":1}"""));
        Assert.Equal("strategy", Assert.Single(Assert.Throws<InvalidSpecException>(() => Read("""{"strategy":{"name":"fedavg","\ud800":1}}""")).Errors).Field);
        Assert.Equal("network", Assert.Single(Assert.Throws<InvalidSpecException>(() => Read("""{"network":{"layers":[{"\ud800":{}}]}}""")).Errors).Field);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("""{"rounds":5,,}""")]
    [InlineData("""{"rounds":5]""")]
    public void What_is_no_JSON_object_is_refused(string json) =>
        Assert.Equal("$", Assert.Single(Assert.Throws<InvalidSpecException>(() => Read(json)).Errors).Field);

    [Theory]
    [InlineData("""{"rounds":NaN}""")]
    [InlineData("""{"clients":3,"rounds":Infinity}""")]
    [InlineData("""{"rounds":[1,NaN]}""")]
    [InlineData("""{"rounds":""")]
    [InlineData("""{"rounds":'5'}""")]
    public void A_value_that_is_no_JSON_is_its_fields_fault(string json) =>
        Assert.Equal("rounds", Assert.Single(Assert.Throws<InvalidSpecException>(() => Read(json)).Errors).Field);

    [Fact]
    public void What_is_of_the_wrong_type_and_what_is_out_of_range_are_named_together()
    {
        var exception = Assert.Throws<InvalidSpecException>(() => Read(
            """{"clients":"3","minFitClients":50,"optimizer":1,"momentum":0.5,"rounds":0,"learningRate":-1,"x":1}"""));

        Assert.Equal(["clients", "optimizer", "rounds", "learningRate", "x"], exception.Errors.Select(error => error.Field));
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_a_spec()
    {
        var json = "{\"rounds\":3}"u8;

        Assert.Equal(3, Reader.Read([.. Encoding.UTF8.Preamble, .. json]).Spec.Rounds);
        Assert.Throws<InvalidSpecException>(() => Reader.Read([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.Preamble, .. "{}"u8]));
        Assert.Throws<InvalidSpecException>(() => Reader.Read(Encoding.UTF8.Preamble));
    }

    [Fact]
    public void Null_is_not_given()
    {
        var fields = ContractJson.Options.GetTypeInfo(typeof(FederationSpec)).Properties.Select(field => $"\"{field.Name}\":null");

        Assert.Equal(new FederationSpec(), Read($"{{{string.Join(',', fields)}}}"));
    }

    [Theory]
    [InlineData("3.0", 3)]
    [InlineData("3e0", 3)]
    [InlineData("0.3e1", 3)]
    [InlineData("300E-2", 3)]
    [InlineData("1000000.0", 1_000_000)]
    public void A_whole_number_may_be_written_with_a_fraction_of_zero(string number, int expected)
    {
        Assert.Equal(expected, Read($$"""{"rounds":{{number}}}""").Rounds);
        Assert.Equal(expected, Read($$"""{"seed":{{number}}}""").Seed);
        Assert.Equal(expected, Read($$"""{"maxUpdateNorm":{{number}}}""").MaxUpdateNorm);
    }

    [Theory]
    [InlineData("3.5")]
    [InlineData("1e-30")]
    [InlineData("1e999")]
    [InlineData("9223372036854775808")]
    public void What_is_no_whole_number_of_its_type_is_refused(string number) => Assert.Equal(
        $"expected a whole number, got {number}",
        Assert.Single(Assert.Throws<InvalidSpecException>(() => Read($$"""{"rounds":{{number}}}""")).Errors).Message);

    [Fact]
    public void A_flood_of_errors_is_counted_and_not_written()
    {
        var fields = string.Join(',', Enumerable.Range(0, 50_000).Select(number => $"\"unknown-{number}\":1"));
        var json = Encoding.UTF8.GetBytes($"{{{fields}}}");
        var before = GC.GetAllocatedBytesForCurrentThread();

        var errors = Assert.Throws<InvalidSpecException>(() => Reader.Read(json)).Errors;

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
        Assert.Equal(SpecErrors.Most + 1, errors.Count);
        Assert.Equal(new SpecError("$", "and 49900 more"), errors[^1]);
    }

    [Fact]
    public void As_many_errors_as_are_named_are_not_said_to_be_more()
    {
        var fields = string.Join(',', Enumerable.Range(0, SpecErrors.Most).Select(number => $"\"unknown-{number}\":1"));

        Assert.Equal(SpecErrors.Most, Assert.Throws<InvalidSpecException>(() => Read($"{{{fields}}}")).Errors.Count);
    }

    [Theory]
    [InlineData("""{"LONG":1}""")]
    [InlineData("""{"rounds":"LONG"}""")]
    [InlineData("""{"network":"LONG"}""")]
    [InlineData("""{"LONG":NaN}""")]
    [InlineData("\"LONG\"")]
    public void A_message_quotes_the_beginning_of_what_is_long(string json)
    {
        var error = Assert.Throws<InvalidSpecException>(() => Read(json.Replace("LONG", new string('x', 100_000), StringComparison.Ordinal)));

        Assert.InRange(error.Message.Length, 1, 700);
        Assert.Contains("xxx… (1000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_is_quoted_as_it_was_meant() => Assert.Equal(
        "expected a number, got \"+0,1\"", Assert.Single(Assert.Throws<InvalidSpecException>(() => Read("""{"learningRate":"\u002B0,1"}""")).Errors).Message);

    [Fact]
    public void A_field_given_twice_is_refused() =>
        Assert.Contains("twice", Assert.Throws<InvalidSpecException>(() => Read("""{"rounds":5,"rounds":6}""")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"id":"Fed"}""", "id")]
    [InlineData("""{"id":"../x"}""", "id")]
    [InlineData("""{"network":"resnet"}""", "network")]
    [InlineData("""{"data":""}""", "data")]
    [InlineData("""{"partitioner":"best"}""", "partitioner")]
    [InlineData("""{"clients":0}""", "clients")]
    [InlineData("""{"clients":-1}""", "clients")]
    [InlineData("""{"clients":1000001}""", "clients")]
    [InlineData("""{"clients":2147483648.0}""", "clients")]
    [InlineData("""{"clients":-2147483649}""", "clients")]
    [InlineData("""{"validationFraction":1}""", "validationFraction")]
    [InlineData("""{"validationFraction":-0.1}""", "validationFraction")]
    [InlineData("""{"rounds":0}""", "rounds")]
    [InlineData("""{"epochs":0}""", "epochs")]
    [InlineData("""{"batchSize":0}""", "batchSize")]
    [InlineData("""{"batchSize":4097}""", "batchSize")]
    [InlineData("""{"optimizer":"lion"}""", "optimizer")]
    [InlineData("""{"learningRate":0}""", "learningRate")]
    [InlineData("""{"learningRate":-1}""", "learningRate")]
    [InlineData("""{"learningRate":1e300}""", "learningRate")]
    [InlineData("""{"learningRate":1e-300}""", "learningRate")]
    [InlineData("""{"learningRate":1e-39}""", "learningRate")]
    [InlineData("""{"optimizer":"sgd","momentum":1e-300}""", "momentum")]
    [InlineData("""{"optimizer":"sgd","momentum":0.999999999999}""", "momentum")]
    [InlineData("""{"weightDecay":1e-300}""", "weightDecay")]
    [InlineData("""{"optimizer":"sgd","momentum":1}""", "momentum")]
    [InlineData("""{"momentum":0.9}""", "momentum")]
    [InlineData("""{"weightDecay":-1}""", "weightDecay")]
    [InlineData("""{"strategy":"sum"}""", "strategy")]
    [InlineData("""{"fractionFit":0}""", "fractionFit")]
    [InlineData("""{"fractionFit":1.5}""", "fractionFit")]
    [InlineData("""{"fractionEvaluate":1.5}""", "fractionEvaluate")]
    [InlineData("""{"minFitClients":0,"quorum":1}""", "minFitClients")]
    [InlineData("""{"minFitClients":11,"quorum":10}""", "minFitClients")]
    [InlineData("""{"minEvaluateClients":11}""", "minEvaluateClients")]
    [InlineData("""{"minAvailableClients":11}""", "minAvailableClients")]
    [InlineData("""{"quorum":11}""", "quorum")]
    [InlineData("""{"clients":100,"fractionFit":0.1,"quorum":11}""", "quorum")]
    [InlineData("""{"roundAttempts":11}""", "roundAttempts")]
    [InlineData("""{"overSelection":0.9}""", "overSelection")]
    [InlineData("""{"overSelection":1.3,"cohortSize":2}""", "overSelection")]
    [InlineData("""{"deadlineSeconds":0}""", "deadlineSeconds")]
    [InlineData("""{"maxUpdateNorm":0}""", "maxUpdateNorm")]
    [InlineData("""{"maxUpdateNorm":1e999}""", "maxUpdateNorm")]
    [InlineData("""{"retention":"some"}""", "retention")]
    [InlineData("""{"retention":"last:0"}""", "retention")]
    [InlineData("""{"cohortSize":65}""", "cohortSize")]
    [InlineData("""{"cohortSize":0}""", "cohortSize")]
    [InlineData("""{"cohortSize":"many"}""", "cohortSize")]
    [InlineData("""{"seed":-1}""", "seed")]
    [InlineData("""{"seed":9007199254740992}""", "seed")]
    [InlineData("""{"engine":"torch"}""", "engine")]
    [InlineData("""{"initial":""}""", "initial")]
    public void A_value_out_of_its_range_is_refused_with_its_field(string json, string field) =>
        Assert.Equal(field, Assert.Single(Assert.Throws<InvalidSpecException>(() => Read(json)).Errors).Field);

    [Fact]
    public void A_long_value_is_shortened_in_the_message() =>
        Assert.InRange(Assert.Throws<InvalidSpecException>(() => Reader.Check(new FederationSpec { Network = new string('x', 10_000) })).Message.Length, 1, 300);
}
