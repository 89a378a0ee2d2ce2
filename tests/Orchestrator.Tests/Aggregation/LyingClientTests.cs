using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Aggregation;

/// <summary>
/// Two clients, each a cohort of its own: the second one lies. Whatever its files say, it is missing by name, or what it says can be
/// averaged; the first one is in the sum either way, and nothing else happens.
/// </summary>
public sealed class LyingClientTests
{
    private const int ValidationExamples = 7;

    private static readonly Metrics Measured = new(1, 0.5, new Dictionary<string, double> { ["f1"] = 0.25 });

    private static CancellationToken Cancel => TemporaryFederation.Cancel;

    public static TheoryData<string, string> Lies => new()
    {
        { "\"client\":\"client-1\"", "\"client\":\"client-0\"" },
        { "\"client\":\"client-1\"", "\"client\":\"../../x\"" },
        { "\"client\":\"client-1\"", "\"client\":\"\"" },
        { "\"examples\":7", "\"examples\":0" },
        { "\"examples\":7", "\"examples\":-7" },
        { "\"examples\":7", "\"examples\":1001" },
        { "\"examples\":7", "\"examples\":1000000000000000" },
        { "\"examples\":7", "\"examples\":9223372036854775807" },
        { "\"examples\":7", "\"examples\":9223372036854775808" },
        { "\"examples\":7", "\"examples\":null" },
        { "\"seconds\":3", "\"seconds\":-1" },
        { "\"seconds\":3", "\"seconds\":1e308" },
        { "\"loss\":1", "\"loss\":-1" },
        { "\"loss\":1", "\"loss\":1e308" },
        { "\"loss\":1", "\"loss\":1e999" },
        { "\"accuracy\":0.5", "\"accuracy\":7" },
        { "\"accuracy\":0.5", "\"accuracy\":-0.1" },
        { "\"f1\":0.25", "\"f1\":-1e308" },
        { "\"f1\":0.25", "\"\":0.25" },
        { "\"f1\":0.25", "\"a\\u001b[2J\":0.25" },
        { "\"f1\":0.25", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":0.25" },
        { "\"f1\":0.25", string.Join(',', Enumerable.Range(0, 300).Select(index => $"\"m{index}\":1")) },
    };

    public static TheoryData<string, string> LiesAboutUpdates => new()
    {
        { "fit_2_client-1.safetensors", "fit_2_client-0.safetensors" },
        { "updates/fed", "../etc" },
        { "\"length\":", "\"length\":9" },
        { "\"length\":", "\"length\":-" },
        { "\"length\":", "\"account\":\"hospital-7\",\"length\":" },
        { "\"sha256\":\"", "\"sha256\":\"0" },
        { "\"update\":", "\"upgrade\":" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    [MemberData(nameof(LiesAboutUpdates))]
    public async Task A_lie_about_training_is_its_clients_failure(string truth, string lie)
    {
        var outcome = await TellAsync(RoundPhase.Fit, manifest => manifest.Replace(truth, lie, StringComparison.Ordinal));

        Assert.Equal(("client-1", "TrainClient"), (outcome.Failure!.Client, outcome.Failure.Activity));
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_lie_about_an_evaluation_is_its_clients_failure(string truth, string lie)
    {
        var outcome = await TellAsync(RoundPhase.Evaluate, manifest => manifest.Replace(truth, lie, StringComparison.Ordinal));

        Assert.Equal(("client-1", "EvaluateClient"), (outcome.Failure!.Client, outcome.Failure.Activity));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"clients\":[]}")]
    [InlineData("{\"clients\":[null]}")]
    [InlineData("{\"clients\":[{},{}]}")]
    [InlineData("{\"clients\":null}")]
    [InlineData("{\"clients\":[{\"client\":\"\\ud800\",\"examples\":1,\"seconds\":1}]}")]
    [InlineData("{\"clients\":[],\"merged\":{\"subtrees\":[],\"totals\":{\"succeeded\":1,\"failed\":0,\"examples\":1}}}")]
    public async Task A_manifest_of_another_shape_is_its_clients_failure(string manifest)
    {
        foreach (var phase in RoundPhase.All)
            Assert.Equal("client-1", (await TellAsync(phase, _ => manifest)).Failure!.Client);
    }

    [Fact]
    public async Task Two_outcomes_for_one_client_are_its_failure()
    {
        var outcome = await TellAsync(RoundPhase.Fit, manifest =>
            manifest.Replace("\"clients\":[", $"\"clients\":[{manifest["{\"clients\":[".Length..^2]},", StringComparison.Ordinal));

        Assert.Equal("the manifest of its cohort has 2 clients, expected 1", outcome.Failure!.Reason);
    }

    [Theory]
    [InlineData("fit", TemporaryFederation.TrainExamples)]
    [InlineData("evaluate", ValidationExamples)]
    public async Task All_examples_that_a_client_has_may_count_and_not_one_more(string name, int has)
    {
        var phase = RoundPhase.All.Single(phase => phase.Name == name);
        Assert.Null((await TellAsync(phase, manifest => manifest.Replace("\"examples\":7", $"\"examples\":{has}", StringComparison.Ordinal))).Failure);
        Assert.Contains(
            $"on {has + 1} examples, expected 1 to the {has} that it has",
            (await TellAsync(phase, manifest => manifest.Replace("\"examples\":7", $"\"examples\":{has + 1}", StringComparison.Ordinal))).Failure!.Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_is_told_in_bounds_and_of_nobody_else()
    {
        var failure = new ClientFailure("client-0", "RecordRound", $"\u001b[31m{new string('x', 100_000)}");
        var manifest = ContractJson.Serialize(new PartOutcomes([new ClientOutcome("client-1", 5, 1, Measured, Failure: failure)]));

        var outcome = await TellAsync(RoundPhase.Fit, _ => manifest);

        Assert.Equal(("client-1", "TrainClient", 0), (outcome.Failure!.Client, outcome.Failure.Activity, outcome.Examples));
        Assert.InRange(outcome.Failure.Reason.Length, 1, ClientFailure.MaxReasonBytes);
        Assert.StartsWith("[31mxxx", outcome.Failure.Reason, StringComparison.Ordinal);
        Assert.Null(outcome.Metrics);
    }

    [Theory]
    [InlineData("fednova", "\"steps\":2", "\"steps\":0")]
    [InlineData("fednova", "\"steps\":2", "\"steps\":-1")]
    [InlineData("fednova", "\"steps\":2", "\"steps\":1")]
    [InlineData("fednova", "\"steps\":2", "\"steps\":3")]
    [InlineData("fednova", "\"steps\":2", "\"steps\":2000000000")]
    [InlineData("fednova", "\"steps\":2,", "")]
    [InlineData("qfedavg", "\"initialLoss\":2.5", "\"initialLoss\":-1")]
    [InlineData("qfedavg", "\"initialLoss\":2.5", "\"initialLoss\":1e300")]
    [InlineData("qfedavg", ",\"initialLoss\":2.5", "")]
    public async Task A_lie_about_what_the_strategy_weighs_by_is_its_clients_failure(string strategy, string truth, string lie)
    {
        Assert.Null((await TellAsync(RoundPhase.Fit, manifest => manifest, strategy)).Failure);
        Assert.Equal(
            "client-1",
            (await TellAsync(RoundPhase.Fit, manifest => manifest.Replace(truth, lie, StringComparison.Ordinal), strategy)).Failure!.Client);
    }

    /// <summary>The network is one of a single class, of which guessing is as if there were two.</summary>
    [Theory]
    [InlineData("2.5", 2.5)]
    [InlineData("6.9", 6.9)]
    [InlineData("7", 6.931471805599453)]
    [InlineData("1e39", 6.931471805599453)]
    public async Task A_loss_before_training_counts_for_no_more_than_ten_times_that_of_guessing(string said, double counts)
    {
        var outcome = await TellAsync(RoundPhase.Fit, manifest => manifest.Replace("\"initialLoss\":2.5", $"\"initialLoss\":{said}", StringComparison.Ordinal), "qfedavg");

        Assert.Equal(counts, outcome.InitialLoss!.Value, 1e-14);
    }

    [Fact]
    public async Task What_the_strategy_does_not_ask_for_is_not_passed_on()
    {
        var outcome = await TellAsync(RoundPhase.Fit, manifest => manifest);

        Assert.Equal((null, null), (outcome.Steps, outcome.InitialLoss));
    }

    [Fact]
    public async Task A_norm_is_measured_and_not_believed() => Assert.InRange(
        (await TellAsync(RoundPhase.Fit, manifest => manifest.Replace("\"seconds\":3", "\"seconds\":3,\"updateNorm\":1e300", StringComparison.Ordinal))).UpdateNorm!.Value,
        0, 100);

    [Fact]
    public Task Whatever_a_manifest_says_its_client_is_missing_by_name_or_can_be_averaged() =>
        Gen.Select(Gen.OneOf(Gen.Const(RoundPhase.Fit), Gen.Const(RoundPhase.Evaluate)), Gen.Int[0, 20], Gen.Int[0, Nonsense.Length - 1]).SampleAsync(async (phase, place, which) =>
        {
            var outcome = await TellAsync(phase, manifest => Spoil(manifest, place, Nonsense[which]));
            Assert.Equal("client-1", outcome.Client);
            if (outcome.Failure is { } failure)
            {
                Assert.Equal("client-1", failure.Client);
                Assert.InRange(Encoding.UTF8.GetByteCount(failure.Reason), 1, ClientFailure.MaxReasonBytes);
                Assert.DoesNotContain(failure.Reason, char.IsControl);
                return;
            }

            Assert.InRange(outcome.Examples, 1, phase == RoundPhase.Fit ? TemporaryFederation.TrainExamples : ValidationExamples);
            Assert.InRange(outcome.Metrics!.Accuracy, 0, 1);
            Assert.Null(outcome.Metrics.Problem);
            Assert.True(double.IsFinite(outcome.Seconds));
        }, iter: 300, threads: 2);

    private static string[] Nonsense { get; } =
    [
        "null", "true", "-1", "0", "1", "7", "1001", "1000000000000000", "9223372036854775807", "9223372036854775808", "1e308", "-1e308", "1e999",
        "0.5", "\"\"", "\"x\"", "\"client-0\"", "\"../../x\"", "\"\\u0000\\u001b[31m\"", "\"\\ud800\"", $"\"{new string('y', 5000)}\"",
        "[]", "{}", "[null]", "[[]]", "{\"a\":null}", "{\"a\":1e308}", "", "}", "NaN",
    ];

    /// <summary>Lets the second client say something of its work, and brings the leaf together.</summary>
    private static async Task<ClientOutcome> TellAsync(RoundPhase phase, Func<string, string> lie, SpecChoice? strategy = null)
    {
        using var federation = await TemporaryFederation.CreateAsync(
            new FederationSpec { Clients = 2, Epochs = 2, FractionEvaluate = 1, Strategy = strategy ?? "fedavg" }, validationExamples: ValidationExamples);
        var honest = await PutAsync(federation, phase, 0, await TruthAsync(federation, phase, 0));
        var liar = await PutAsync(federation, phase, 1, lie(await TruthAsync(federation, phase, 1)));

        // In a second attempt, where an update that isn't there is a lie.
        var result = await federation.AggregateLeafAsync(
            (await federation.SelectAsync()).Selection, new SelectionRange(0, 2), 1, [new CohortEnd(honest, null), new CohortEnd(liar, null)], phase,
            attempt: 2);

        var manifest = await federation.Store.ReadJsonAsync<PartOutcomes>(result.Manifest, Cancel);
        Assert.Null(manifest.Clients[0].Failure);
        if (phase == RoundPhase.Fit && strategy is null)
        {
            var sum = Safetensors.Read<double>(await federation.Store.ReadAsync(manifest.Sum!, Cancel), federation.Network.Layout);
            var weight = manifest.Clients[1].Failure is null ? 7 + manifest.Clients[1].Examples : 7;
            Assert.Equal([1.0 * weight, 2.0 * weight], sum);
        }

        return manifest.Clients[1];
    }

    private static async Task<string> TruthAsync(TemporaryFederation federation, RoundPhase phase, int client)
    {
        var update = phase == RoundPhase.Fit
            ? await federation.PutUpdateAsync($"client-{client}", Safetensors.Write(new ModelParameters(federation.Network.Layout, [1, 2])), attempt: 2)
            : null;
        return ContractJson.Serialize(new PartOutcomes([new ClientOutcome($"client-{client}", 7, 3, Measured, update) { Steps = 2, InitialLoss = 2.5 }]));
    }

    private static Task<ArtifactReference> PutAsync(TemporaryFederation federation, RoundPhase phase, int client, string manifest) =>
        federation.Store.PutAsync(
            ArtifactNames.Cohort("fed", 1, 2, phase, client), Encoding.UTF8.GetBytes(manifest), Cancel);

    /// <summary>The JSON with something else in the place of one of its values.</summary>
    private static string Spoil(string json, int place, string nonsense)
    {
        var text = new StringBuilder();
        var left = place;
        Write(JsonNode.Parse(json));
        return text.ToString();

        void Write(JsonNode? node)
        {
            if (left-- == 0)
            {
                text.Append(nonsense);
                return;
            }

            switch (node)
            {
                case JsonObject fields:
                    text.Append('{');
                    foreach (var (name, value) in fields)
                    {
                        text.Append(text[^1] == '{' ? "" : ",").Append($"\"{name}\":");
                        Write(value);
                    }

                    text.Append('}');
                    break;
                case JsonArray elements:
                    text.Append('[');
                    foreach (var element in elements)
                        Write(element);
                    text.Append(']');
                    break;
                default:
                    text.Append(node?.ToJsonString() ?? "null");
                    break;
            }
        }
    }
}
