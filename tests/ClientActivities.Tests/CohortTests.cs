using System.Security.Cryptography;
using FlDurable.ClientActivities.Tests.Support;
using FlDurable.Shared.Attacks;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Privacy;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.ClientActivities.Tests;

/// <summary>What TrainClient and EvaluateClient make of a cohort, whatever the engine.</summary>
public sealed class CohortTests : IDisposable
{
    private static readonly Network Tiny = new("tiny", new ImageShape(1, 1, 1), [new Linear("fc", 1, 2)]);

    private readonly string root = Directory.CreateTempSubdirectory("fldurable-cohort-").FullName;
    private readonly ScriptedEngine engine = new();
    private readonly FakeTimeProvider time = new();
    private readonly IArtifactStore store;
    private volatile bool hasSlot;

    public CohortTests() => store = ArtifactAccounts.None.Join(new FileArtifactStore(root));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task A_clients_update_is_what_it_trained_and_its_weight_is_its_examples()
    {
        var result = await TrainAsync(await CohortAsync());

        var outcomes = await OutcomesAsync(result);
        Assert.Equal(2, result.Succeeded);
        Assert.Equal(["client-0", "client-1"], outcomes.Select(outcome => outcome.Client));
        Assert.All(outcomes, outcome => Assert.Equal((3, new Metrics(1, 0.5)), (outcome.Examples, outcome.Metrics)));
        var update = await store.ReadParametersAsync(outcomes[1].Update!, Tiny, Cancel);
        Assert.Equal([2f, 2f, 2f, 2f], update.Values.ToArray());
    }

    [Fact]
    public async Task A_client_reports_what_its_engine_and_the_hosts_own_metrics_say_of_its_training()
    {
        engine.Train = (_, _) => new Metrics(1, 0.5, new Dictionary<string, double> { ["ofTheEngine"] = -3 });

        var result = await TrainAsync(
            await CohortAsync(), store, new Scripted("moved", training => training.Trained.Values[0] - training.Task.Initial.Values[0]), new Scripted("none", _ => double.NaN));

        var outcomes = await OutcomesAsync(result);
        Assert.Equal([("moved", 1), ("ofTheEngine", -3)], Reported(outcomes[0]));
        Assert.Equal([("moved", 2), ("ofTheEngine", -3)], Reported(outcomes[1]));
        Assert.Equal(1.5, result.Metrics!.Additional!["moved"]);

        static IEnumerable<(string, double)> Reported(ClientOutcome outcome) =>
            outcome.Metrics!.Additional!.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => (one.Key, one.Value));
    }

    [Theory]
    [InlineData("x", double.NaN, "what it reports can't be used: its metric 'x' is NaN, expected -1E+39 to 1E+39")]
    [InlineData("x", 1e40, "what it reports can't be used: its metric 'x' is 1E+40, expected -1E+39 to 1E+39")]
    [InlineData("", 1, "what it reports can't be used: it names a metric '', expected 1 to 40 characters, none of them a control character")]
    [InlineData("a\u001b[2J", 1, "what it reports can't be used: it names a metric 'a [2J', expected 1 to 40 characters, none of them a control character")]
    [InlineData("moved", 1, "the engine reports a metric 'moved', and so does one of the host's own: expected another name")]
    public async Task A_client_that_reports_what_none_may_is_a_failure_that_says_so(string name, double value, string reason)
    {
        engine.Train = (_, _) => new Metrics(1, 0.5, new Dictionary<string, double> { [name] = value });
        engine.Judge = _ => new Metrics(1, 0.5, new Dictionary<string, double> { [name] = value });

        var trained = await OutcomesAsync(await TrainAsync(await CohortAsync(), store, new Scripted("moved", _ => 1)));

        Assert.All(trained, outcome => Assert.Equal(reason, outcome.Failure?.Reason));
        if (name != "moved")
            Assert.All(await OutcomesAsync(await EvaluateAsync(await CohortAsync())), outcome => Assert.Equal(reason, outcome.Failure?.Reason));
    }

    [Fact]
    public async Task A_client_that_reports_too_much_is_a_failure_that_says_so()
    {
        engine.Train = (_, _) => new Metrics(1, 0.5, Enumerable.Range(0, 300).ToDictionary(index => $"m{index}", index => (double)index));

        var outcomes = await OutcomesAsync(await TrainAsync(await CohortAsync()));

        Assert.All(outcomes, outcome => Assert.Equal(
            "what it reports can't be used: its 300 additional metrics are 3,081 bytes of JSON, expected at most 2,048", outcome.Failure?.Reason));
    }

    [Fact]
    public async Task Run_again_a_cohort_returns_what_is_there_and_trains_nothing()
    {
        var input = await CohortAsync();
        var first = await TrainAsync(input);

        var second = await TrainAsync(input);

        Assert.Equal(first, second);
        Assert.Equal([0, 1], engine.Trained);
    }

    [Fact]
    public async Task A_client_trains_with_what_its_round_is_planned_with()
    {
        var plans = new List<(int BatchSize, float LearningRate)>();
        engine.Train = (task, _) =>
        {
            plans.Add((task.Options.BatchSize, task.Options.LearningRate));
            return new Metrics(1, 0.5);
        };
        var input = await CohortAsync(new FederationSpec
        {
            Epochs = Schedule.ByRound(1, 3),
            BatchSize = Schedule.ByRound(4, 8),
            LearningRate = Schedule.By(new ScheduleCourse(0.5, Step: 1, Factor: 0.5)),
        });

        await TrainAsync(input with { Round = 2, Count = 1 });

        Assert.Equal(Enumerable.Repeat((8, 0.25f), 3), plans);
    }

    [Fact]
    public async Task Run_twice_at_once_a_cohort_has_one_result()
    {
        var input = await CohortAsync();

        var results = await Task.WhenAll(TrainAsync(input), TrainAsync(input));

        Assert.Equal(results[0], results[1]);
    }

    [Fact]
    public async Task A_client_whose_training_diverges_is_a_failure_and_the_others_are_not()
    {
        engine.Train = (task, _) => new Metrics(task.Client == 0 ? double.NaN : 1, 0.5);

        var outcomes = await OutcomesAsync(await TrainAsync(await CohortAsync()));

        Assert.Equal(("client-0", "TrainClient"), (outcomes[0].Failure!.Client, outcomes[0].Failure!.Activity));
        Assert.Contains("diverged", outcomes[0].Failure!.Reason, StringComparison.Ordinal);
        Assert.Null(outcomes[1].Failure);
    }

    [Fact]
    public async Task The_next_client_trains_while_an_update_is_stored_and_the_manifest_comes_after_all()
    {
        var input = await CohortAsync();
        var slow = new HeldStore(store, name => name.EndsWith("client-0.safetensors", StringComparison.Ordinal));
        engine.Train = (task, _) =>
        {
            if (task.Client == 1)
                slow.Release();
            return new Metrics(1, 0.5);
        };

        var result = await TrainAsync(input, slow);

        Assert.Equal(["client-0", "client-1"], (await OutcomesAsync(result)).Select(outcome => outcome.Client));
        Assert.Equal(result.Manifest.Name, slow.Written[^1]);
        Assert.Equal(3, slow.Written.Count);
    }

    [Fact]
    public async Task An_update_that_can_not_be_stored_fails_the_cohort_once_nothing_is_being_stored_any_more()
    {
        var input = await CohortAsync();
        var full = new HeldStore(store, _ => false) { IsFull = name => name.EndsWith("client-0.safetensors", StringComparison.Ordinal) };

        await Assert.ThrowsAsync<ArtifactStoreException>(() => TrainAsync(input, full));

        Assert.Equal(full.Begun, full.Ended);
    }

    [Fact]
    public async Task An_update_too_far_away_is_not_sent()
    {
        var outcomes = await OutcomesAsync(await TrainAsync(await CohortAsync(new FederationSpec { MaxUpdateNorm = 3 })));

        Assert.Null(outcomes[0].Failure); // four parameters moved by 1: a distance of 2
        Assert.Contains("distance from the global parameters is 4", outcomes[1].Failure!.Reason, StringComparison.Ordinal);
        Assert.Null(outcomes[1].Update);
    }

    [Theory]
    [InlineData("damaged")]
    [InlineData("gone")]
    public async Task Data_that_the_host_keeps_and_that_can_not_be_used_is_the_hosts_failure_for_good(string what)
    {
        var input = await CohortAsync();
        var data = Path.Combine(root, "datasets/digest/clients/client-0.bin");
        if (what == "gone")
            File.Delete(data);
        else
            await File.WriteAllBytesAsync(data, [0], Cancel);

        var trained = await Assert.ThrowsAnyAsync<ArtifactStoreException>(() => TrainAsync(input));
        var evaluated = await Assert.ThrowsAnyAsync<ArtifactStoreException>(() => EvaluateAsync(input));

        Assert.All([trained, evaluated], failure =>
        {
            Assert.Equal(FailureKind.HostForGood, FailureKinds.Of(failure));
            Assert.Contains("datasets/digest/clients/client-0.bin", failure.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Data_that_the_host_keeps_and_that_is_not_as_many_examples_as_it_says_is_the_hosts_failure_for_good()
    {
        var input = await WithFirstAsync(await CohortAsync(), client => client with { TrainExamples = 4 });

        var failure = await Assert.ThrowsAsync<ArtifactCorruptException>(() => TrainAsync(input));

        Assert.Equal(FailureKind.HostForGood, FailureKinds.Of(failure));
        Assert.Contains("4 examples, expected 4 + 1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_whose_own_storage_does_not_give_its_data_is_a_failure_and_the_others_are_not()
    {
        var input = await WithFirstAsync(await CohortAsync(), client => client with { Data = client.Data with { Account = "hospital-7" } });

        var outcomes = await OutcomesAsync(await TrainAsync(input));

        Assert.Contains("is in the account 'hospital-7'", outcomes[0].Failure!.Reason, StringComparison.Ordinal);
        Assert.Null(outcomes[1].Failure);
    }

    [Fact]
    public async Task An_engine_that_breaks_fails_the_activity_so_that_it_is_tried_again()
    {
        engine.Train = (_, _) => throw new InvalidOperationException("no memory");

        Assert.Equal("no memory", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await TrainAsync(await CohortAsync()))).Message);
    }

    [Fact]
    public async Task Training_stops_when_the_deadline_passes()
    {
        var input = await CohortAsync() with { Deadline = time.GetUtcNow().UtcDateTime.AddSeconds(30) };

        await AssertStopsAsync(input, () => time.Advance(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Training_does_not_begin_after_the_deadline()
    {
        var input = await CohortAsync() with { Deadline = time.GetUtcNow().UtcDateTime.AddSeconds(-1) };

        await Assert.ThrowsAsync<WorkNotNeededException>(() => TrainAsync(input));
        Assert.Empty(engine.Trained);
    }

    public static TheoryData<string> SignsThatNobodyWaits =>
        [ArtifactNames.Record("fed", 1), ArtifactNames.Result("fed"), ArtifactNames.Stop("fed"), ArtifactNames.Purged("fed")];

    [Theory]
    [MemberData(nameof(SignsThatNobodyWaits))]
    public async Task Training_does_not_begin_when_nobody_waits_for_it(string sign)
    {
        var input = await CohortAsync();
        await store.PutAsync(sign, "x"u8.ToArray(), Cancel);

        await Assert.ThrowsAsync<WorkNotNeededException>(() => TrainAsync(input));
        Assert.Empty(engine.Trained);
    }

    [Fact]
    public async Task Training_begins_after_a_retry_though_the_run_that_failed_has_left_its_end()
    {
        var input = await CohortAsync();
        foreach (var name in (string[])[ArtifactNames.Result("fed"), ArtifactNames.Stop("fed"), ArtifactNames.PastFailure("fed", 1)])
            await store.PutAsync(name, "x"u8.ToArray(), Cancel);

        await TrainAsync(input);

        Assert.NotEmpty(engine.Trained);
    }

    [Theory]
    [InlineData("federations/fed/result-1.json")]
    [InlineData("federations/fed/stop-1")]
    public async Task Training_does_not_begin_when_nobody_waits_for_it_after_a_retry(string sign)
    {
        var input = await CohortAsync();
        foreach (var name in (string[])[ArtifactNames.PastFailure("fed", 1), sign])
            await store.PutAsync(name, "x"u8.ToArray(), Cancel);

        await Assert.ThrowsAsync<WorkNotNeededException>(() => TrainAsync(input));
        Assert.Empty(engine.Trained);
    }

    [Fact]
    public async Task Training_does_not_begin_when_the_round_has_gone_on()
    {
        var input = await CohortAsync();
        await store.PutAsync(ArtifactNames.Candidate("fed", 1, 1), "x"u8.ToArray(), Cancel);

        await Assert.ThrowsAsync<WorkNotNeededException>(() => TrainAsync(input));
        Assert.Empty(engine.Trained);
    }

    [Theory]
    [InlineData("federations/fed/stop")]
    [InlineData("purged/fed")]
    [InlineData("updates/fed/000001/candidate_1.safetensors")]
    public async Task Training_stops_when_nobody_waits_for_it_any_more(string sign) =>
        await AssertStopsAsync(await CohortAsync(), () =>
        {
            store.PutAsync(sign, "x"u8.ToArray(), Cancel).GetAwaiter().GetResult();
            time.Advance(TimeSpan.FromSeconds(2));
        });

    [Fact]
    public async Task A_client_judges_the_global_parameters_on_its_validation_examples()
    {
        var counts = new List<int>();
        engine.Judge = examples =>
        {
            counts.Add(examples.Count);
            return new Metrics(2, 0.25);
        };

        var result = await EvaluateAsync(await CohortAsync());

        Assert.Equal([1, 1], counts);
        Assert.Equal(new Metrics(2, 0.25), result.Metrics);
        Assert.All(await OutcomesAsync(result), outcome => Assert.Null(outcome.Update));
    }

    [Fact]
    public async Task A_client_whose_data_is_not_given_is_not_evaluated_and_the_one_after_it_has_its_own_metrics()
    {
        engine.Judge = examples => new Metrics(examples.Label(0), 0.25);
        var input = await WithFirstAsync(await CohortAsync(), client => client with { Data = client.Data with { Account = "hospital-7" } });

        var outcomes = await OutcomesAsync(await EvaluateAsync(input));

        Assert.Equal("EvaluateClient", outcomes[0].Failure!.Activity);
        Assert.Contains("is in the account 'hospital-7'", outcomes[0].Failure!.Reason, StringComparison.Ordinal);
        Assert.Equal(("client-1", 1L, new Metrics(1, 0.25)), (outcomes[1].Client, outcomes[1].Examples, outcomes[1].Metrics));
    }

    [Fact]
    public async Task Clients_that_are_evaluated_together_share_the_time_one_after_another()
    {
        var outcomes = await OutcomesAsync(await EvaluateAsync(await CohortAsync()));

        Assert.True(outcomes[0].Seconds > 0);
        Assert.Equal(outcomes[0].Seconds, outcomes[1].Seconds);
        Assert.Equal(outcomes[0].Seconds, (outcomes[1].StartedAt!.Value - outcomes[0].StartedAt!.Value).TotalSeconds);
    }

    [Fact]
    public async Task A_loss_that_is_not_finite_is_the_evaluating_clients_failure()
    {
        engine.Judge = _ => new Metrics(double.PositiveInfinity, 0);

        var outcomes = await OutcomesAsync(await EvaluateAsync(await CohortAsync()));

        Assert.All(outcomes, outcome => Assert.Equal("EvaluateClient", outcome.Failure!.Activity));
    }

    [Fact]
    public async Task Clients_are_kept_near_the_global_parameters_where_the_plan_says_so()
    {
        var terms = new List<GradientTerm?>();
        engine.Train = (task, _) =>
        {
            terms.Add(task.Options.Term);
            return new Metrics(1, 0.5);
        };

        await TrainAsync(await CohortAsync(plan: new ClientPlan(Proximal: 0.25)));

        Assert.All(terms, term => Assert.Equal((0.25f, 4, true), (term!.Proximal, term.Start.Length, term.Offset.IsEmpty)));
    }

    [Fact]
    public async Task Clients_correct_their_drift_and_keep_the_mean_of_their_gradients_where_the_plan_says_so()
    {
        var offsets = new List<float[]>();
        engine.Train = (task, _) =>
        {
            offsets.Add(task.Options.Term!.Offset.ToArray());
            return new Metrics(1, 0.5);
        };
        var spec = new FederationSpec { Optimizer = "sgd", LearningRate = 0.5, BatchSize = 2 };
        var control = await store.PutAsync(
            ArtifactNames.StrategyState("fed", 0), Safetensors.Write<double>(ControlVariates.LayoutOfServer(Tiny.Layout), [1, 2, 3, 4]), Cancel);
        var kept = await store.PutAsync(
            ArtifactNames.ClientState("fed", 0, "client-0"), Safetensors.Write(new ModelParameters(Tiny.Layout, [0.5f, 0.5f, 0.5f, 0.5f])), Cancel);
        var cohort = await WithFirstAsync(
            await CohortAsync(spec, new ClientPlan(CorrectsDrift: true, CountsSteps: true, StrategyState: control)), client => client with { State = kept });

        var outcomes = await OutcomesAsync(await TrainAsync(cohort));

        Assert.Equal([[0.5f, 1.5f, 2.5f, 3.5f], [1, 2, 3, 4]], offsets);

        // The engine adds 1 or 2 to each parameter: (x − w) / (2 steps · 0.5) is −1 or −2, to which c_k − c comes.
        Assert.Equal("updates/fed/000001/fit_1_state_client-0.safetensors", outcomes[0].State!.Name);
        Assert.Equal<float[]>([-1.5f, -2.5f, -3.5f, -4.5f], (await store.ReadParametersAsync(outcomes[0].State!, Tiny, Cancel)).Values.ToArray());
        Assert.Equal<float[]>([-3, -4, -5, -6], (await store.ReadParametersAsync(outcomes[1].State!, Tiny, Cancel)).Values.ToArray());
    }

    [Fact]
    public async Task What_a_client_keeps_is_of_the_update_that_is_there()
    {
        var cohort = await CohortAsync(new FederationSpec { Optimizer = "sgd", LearningRate = 0.5 }, new ClientPlan(CorrectsDrift: true));
        await store.PutAsync(
            ArtifactNames.Update("fed", 1, 1, "client-0"), Safetensors.Write(new ModelParameters(Tiny.Layout, [1, 2, 3, 4])), Cancel);

        var outcomes = await OutcomesAsync(await TrainAsync(cohort));

        Assert.Equal<float[]>([-2, -4, -6, -8], (await store.ReadParametersAsync(outcomes[0].State!, Tiny, Cancel)).Values.ToArray());
    }

    [Fact]
    public async Task What_a_client_had_kept_and_is_gone_is_no_failure_of_the_client()
    {
        var cohort = await WithFirstAsync(
            await CohortAsync(plan: new ClientPlan(CorrectsDrift: true)),
            client => client with { State = new ArtifactReference(ArtifactNames.ClientState("fed", 0, "client-0"), 168, new string('0', 64)) });

        await Assert.ThrowsAnyAsync<ArtifactStoreException>(() => TrainAsync(cohort));
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(1, 0.5)]
    public async Task Where_clients_keep_their_privacy_what_leaves_them_is_clipped_and_has_noise(double clip, double part)
    {
        await store.MakePrivacyKeyAsync("fed", Cancel);
        var key = await store.ReadPrivacyKeyAsync("fed", Cancel);
        var cohort = await CohortAsync(new FederationSpec { Privacy = new PrivacyOptions(0.25, PrivacyOptions.Client, Clip: clip) });

        var outcomes = await OutcomesAsync(await TrainAsync(cohort));

        // The engine adds 1 to each of the first client's four parameters, which are zeros: a change of length 2.
        using var noise = new SecretStream(await KeyOfWorkAsync(cohort, key), SecretPurpose.ClientNoise, round: 1, client: 0);
        foreach (var value in (await store.ReadParametersAsync(outcomes[0].Update!, Tiny, Cancel)).Values.ToArray())
            Assert.Equal(part + (0.25 * clip * noise.NextNormal()), value, 1e-4);
    }

    [Fact]
    public async Task The_same_work_has_the_same_noise_and_other_work_of_its_round_another()
    {
        await store.MakePrivacyKeyAsync("fed", Cancel);
        var cohort = await CohortAsync(new FederationSpec { Privacy = new PrivacyOptions(0.25, PrivacyOptions.Client, Clip: 1) });
        var ones = new ModelParameters(Tiny.Layout, [1, 1, 1, 1]);
        var elsewhere = cohort with { Attempt = 3, Global = await store.PutAsync(ArtifactNames.GlobalParameters("fed", 7), Safetensors.Write(ones), Cancel) };

        var first = await OutcomesAsync(await TrainAsync(cohort));
        var again = await OutcomesAsync(await TrainAsync(cohort with { Attempt = 2 }));
        var other = await OutcomesAsync(await TrainAsync(elsewhere));

        Assert.Equal(first[0].Update!.Sha256, again[0].Update!.Sha256);
        Assert.All(
            (await ValuesAsync(first)).Zip(await ValuesAsync(other)), // both are trained by the same, from zeros and from ones
            pair => Assert.NotEqual(pair.First, pair.Second - 1, 1e-4));

        async Task<float[]> ValuesAsync(IReadOnlyList<ClientOutcome> outcomes) =>
            (await store.ReadParametersAsync(outcomes[0].Update!, Tiny, Cancel)).Values.ToArray();
    }

    /// <summary>What the noise of a cohort's clients follows from: the federation's key, and all that their updates do.</summary>
    private async Task<byte[]> KeyOfWorkAsync(CohortInput cohort, byte[] key)
    {
        var spec = await store.ReadSpecAsync(cohort.Spec, Cancel);
        var plan = (await store.ReadJsonAsync<Selection>(cohort.Selection, Cancel)).Plan;
        byte[] work =
        [
            .. SHA256.HashData(await store.ReadAsync(cohort.Global, Cancel)), .. SHA256.HashData(ContractJson.SerializeToUtf8(spec with { Seal = null })),
            .. SHA256.HashData(ContractJson.SerializeToUtf8(plan)),
        ];
        return HMACSHA256.HashData(key, work);
    }

    [Fact]
    public async Task Without_a_key_no_update_leaves_a_client()
    {
        var cohort = await CohortAsync(new FederationSpec { Privacy = new PrivacyOptions(0.25, PrivacyOptions.Client, Clip: 1) });

        await Assert.ThrowsAsync<ArtifactMissingException>(() => TrainAsync(cohort));

        Assert.Null(await store.FindAsync(ArtifactNames.Update("fed", 1, 1, "client-0"), Cancel));
    }

    [Fact]
    public async Task Without_a_plan_nothing_is_added_counted_or_measured()
    {
        engine.Train = (task, _) =>
        {
            Assert.Null(task.Options.Term);
            return new Metrics(1, 0.5);
        };

        var outcomes = await OutcomesAsync(await TrainAsync(await CohortAsync()));

        Assert.All(outcomes, outcome => Assert.Equal((null, null, null), (outcome.Steps, outcome.InitialLoss, outcome.State)));
    }

    [Fact]
    public async Task Steps_are_counted_where_the_plan_says_so()
    {
        var spec = new FederationSpec { Epochs = 4, BatchSize = 2 };

        var outcomes = await OutcomesAsync(await TrainAsync(await CohortAsync(spec, new ClientPlan(CountsSteps: true))));

        Assert.All(outcomes, outcome => Assert.Equal(8, outcome.Steps)); // three images are two batches
    }

    [Fact]
    public async Task The_global_parameters_are_measured_on_what_a_client_trains_on_where_the_plan_says_so()
    {
        engine.Judge = examples => new Metrics(examples.Count, 0.25);

        var outcomes = await OutcomesAsync(await TrainAsync(await CohortAsync(plan: new ClientPlan(MeasuresInitialLoss: true))));

        Assert.All(outcomes, outcome => Assert.Equal(3, outcome.InitialLoss));
    }

    [Fact]
    public async Task A_hostile_client_trains_on_what_its_attack_makes_of_its_images_and_nobody_else_does()
    {
        var labels = new Dictionary<int, int>();
        engine.Train = (task, _) =>
        {
            labels[task.Client] = task.Examples.Label(0);
            return new Metrics(1, 0.5);
        };
        var attack = ContractJson.Deserialize<SpecChoice>("""{"name":"labelflip","named":"client-1"}""");

        await TrainAsync(await CohortAsync(new FederationSpec { Attack = attack }));

        Assert.Equal((0, 0), (labels[0], labels[1])); // its own is 1, of two
    }

    [Fact]
    public async Task A_host_without_a_package_that_the_federation_was_started_with_does_none_of_its_work()
    {
        var input = await CohortAsync(packages: [PackageVersion.Own, new PackageVersion("Acme.Fed", "1.0.0")]);

        foreach (var work in (Func<CohortInput, Task<PartResult>>[])[TrainAsync, EvaluateAsync])
        {
            var refusal = await Assert.ThrowsAsync<NotRegisteredException>(() => work(input));

            Assert.StartsWith("federation 'fed' was started with Acme.Fed 1.0.0, and this host is without it", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(FailureKind.HostForGood, FailureKinds.Of(refusal));
        }

        Assert.Empty(engine.Trained);
    }

    [Fact]
    public async Task A_cohort_gives_its_slot_back_once_all_its_clients_have_trained_and_not_all_are_stored()
    {
        engine.Train = (_, _) => new Metrics(1, 0.5, new Dictionary<string, double> { ["hadSlot"] = hasSlot ? 1 : 0 });
        await AssertGivesSlotBackAsync(ArtifactNames.Update("fed", 1, 1, "client-0"), TrainAsync);
    }

    [Fact]
    public async Task A_cohort_gives_its_slot_back_once_all_its_clients_are_evaluated_and_what_came_of_it_is_not_stored()
    {
        engine.Judge = _ => new Metrics(1, 0.5, new Dictionary<string, double> { ["hadSlot"] = hasSlot ? 1 : 0 });
        await AssertGivesSlotBackAsync(ArtifactNames.Cohort("fed", 1, 1, RoundPhase.Evaluate, first: 0), EvaluateAsync);
    }

    private async Task AssertGivesSlotBackAsync(string whileNotStored, Func<CohortInput, IArtifactStore, Task<PartResult>> work)
    {
        var held = new HeldStore(store, name => name == whileNotStored);
        var input = await CohortAsync();
        var givenBack = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        hasSlot = true;

        var working = Task.Run(() =>
        {
            ActivitySlot.Begin(() =>
            {
                hasSlot = false;
                givenBack.SetResult();
            });
            return work(input, held);
        });
        await Task.WhenAny(givenBack.Task, working);

        Assert.True(givenBack.Task.IsCompleted);
        Assert.False(working.IsCompleted);
        held.Release();
        Assert.All(await OutcomesAsync(await working.WaitAsync(Cancel)), outcome => Assert.Equal(1, outcome.Metrics!.Additional!["hadSlot"]));
    }

    /// <summary>Runs a training that ends only when it is cancelled, and cancels it as soon as it has begun.</summary>
    private async Task AssertStopsAsync(CohortInput input, Action makeUnneeded)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.Train = (_, cancellationToken) =>
        {
            begun.TrySetResult();
            cancellationToken.WaitHandle.WaitOne();
            throw new OperationCanceledException(cancellationToken);
        };

        var training = TrainAsync(input);
        await begun.Task.WaitAsync(Cancel);
        makeUnneeded();

        await Assert.ThrowsAsync<WorkNotNeededException>(() => training.WaitAsync(Cancel));
    }

    private Task<PartResult> TrainAsync(CohortInput input) => TrainAsync(input, store);

    private Task<PartResult> TrainAsync(CohortInput input, IArtifactStore to) => TrainAsync(input, to, metrics: []);

    private Task<PartResult> TrainAsync(CohortInput input, IArtifactStore to, params IReadOnlyList<IClientMetric> metrics) =>
        new TrainClient(to, new RecentData(to, TimeProvider.System), Cohort(to), new AttackRegistry(), new ClientMetricRegistry(metrics), new BatchCount(), new WorkThreads()).RunAsync(input, Cancel);

    private Task<PartResult> EvaluateAsync(CohortInput input) => EvaluateAsync(input, store);

    private Task<PartResult> EvaluateAsync(CohortInput input, IArtifactStore to) =>
        new EvaluateClient(new RecentData(to, TimeProvider.System), Cohort(to), new WorkThreads(), time).RunAsync(input, Cancel);

    private CohortActivity Cohort(IArtifactStore store) => new(store, new NetworkRegistry(Tiny), new TrainingEngines([engine]), new SpecPackages([]), time);

    /// <summary>A cohort whose first client is another.</summary>
    private async Task<CohortInput> WithFirstAsync(CohortInput input, Func<ClientPartition, ClientPartition> change)
    {
        var selection = await store.ReadJsonAsync<Selection>(input.Selection, Cancel);
        var other = selection with { Fit = [change(selection.Fit[0]), selection.Fit[1]], Evaluate = [change(selection.Evaluate[0]), selection.Evaluate[1]] };
        return input with { Selection = await store.PutJsonAsync(ArtifactNames.Selection("fed", 2), other, Cancel) };
    }

    private async Task<IReadOnlyList<ClientOutcome>> OutcomesAsync(PartResult result) =>
        (await store.ReadJsonAsync<PartOutcomes>(result.Manifest, Cancel)).Clients;

    /// <summary>Two clients with three training examples and one validation example each; a client's label is its index.</summary>
    private async Task<CohortInput> CohortAsync(FederationSpec? spec = null, ClientPlan? plan = null, IReadOnlyList<PackageVersion>? packages = null)
    {
        var resolved = new ResolvedSpec(
            ResolvedSpec.CurrentVersion, "fed", engine.Name, new DatasetReference("synthetic", "source", "digest"), Initial: null,
            (spec ?? new FederationSpec()) with { Id = "fed", Network = "tiny", Clients = 2 })
        {
            Packages = packages,
        };
        var clients = new List<ClientPartition>();
        for (var client = 0; client < 2; client++)
        {
            var records = Enumerable.Repeat(new byte[] { (byte)client, 100 }, 4).SelectMany(record => record).ToArray();
            var data = await store.PutAsync(ArtifactNames.ClientData("digest", $"client-{client}"), records, Cancel);
            clients.Add(new ClientPartition(client, $"client-{client}", data, TrainExamples: 3, ValidationExamples: 1));
        }

        return new CohortInput(
            await store.PutJsonAsync(ArtifactNames.Spec("fed"), resolved, Cancel), Round: 1, Attempt: 1,
            await store.PutJsonAsync(ArtifactNames.Selection("fed", 1), new Selection(1, clients, clients, Plan: plan), Cancel),
            await store.PutAsync(ArtifactNames.GlobalParameters("fed", 0), Safetensors.Write(new ModelParameters(Tiny.Layout)), Cancel),
            First: 0, Count: 2);
    }

    /// <summary>Writes some artifacts only once it is told to, and some never.</summary>
    private sealed class HeldStore(IArtifactStore store, Func<string, bool> isHeld) : IArtifactStore
    {
        private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<string> written = [];
        private int begun;
        private int ended;

        public Func<string, bool> IsFull { get; init; } = _ => false;

        public IReadOnlyList<string> Written => written;

        public int Begun => begun;

        public int Ended => ended;

        public void Release() => released.TrySetResult();

        public async Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref begun);
            try
            {
                if (isHeld(name))
                    await released.Task.WaitAsync(cancellationToken);
                if (IsFull(name))
                    throw new ArtifactStoreException("the disk is full");
                var artifact = await store.PutAsync(name, content, cancellationToken);
                lock (written)
                    written.Add(name);
                return artifact;
            }
            finally
            {
                Interlocked.Increment(ref ended);
            }
        }

        public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken) => store.ReadAsync(reference, cancellationToken);

        public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken) =>
            store.ReadRangeAsync(reference, offset, part, cancellationToken);

        public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => store.FindAsync(name, cancellationToken);

        public Task DeleteAsync(string name, CancellationToken cancellationToken) => store.DeleteAsync(name, cancellationToken);
    }

    private sealed class Scripted(string name, Func<ClientTraining, double> measure) : IClientMetric
    {
        public string Name => name;

        public double Measure(ClientTraining training) => measure(training);
    }
}
