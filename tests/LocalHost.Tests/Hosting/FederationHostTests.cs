using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Tests.Hosting;

public sealed class FederationHostTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task What_a_host_adds_can_be_named_by_a_spec_and_runs()
    {
        var run = await workplace.RunAsync(
            OwnParts.Host(), "run", "--data", Workplace.Data, "--clients", "3", "--rounds", "2", "--json", "--id", "own", "--network", "flat", "--strategy", "halfway",
            "--strategy-option", "share=0.25", "--partitioner", "every-nth", "--engine", "mine");

        Assert.Equal((ExitCode.Done, "completed"), (run.ExitCode, run.ExitCode == ExitCode.Done ? "completed" : run.Error));
        var rounds = ContractJson.Deserialize<FederationResult>(run.Output).Rounds;
        Assert.All(rounds, round => Assert.Equal("mine", round.Engine));
    }

    [Fact]
    public async Task The_same_code_without_them_refuses_each_by_name()
    {
        var run = await workplace.RunAsync("run", "--data", Workplace.Data, "--network", "flat", "--strategy", "halfway", "--partitioner", "every-nth", "--engine", "mine");

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        foreach (var option in (string[])["--network", "--strategy", "--partitioner", "--engine"])
            Assert.Contains($"fldurable: {option}: expected one of ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_has_them_with_their_options()
    {
        var run = await workplace.RunAsync(OwnParts.Host(), "run", "--help");

        Assert.Contains("halfway", run.Output, StringComparison.Ordinal);
        Assert.Contains("The part of the way to the mean.", run.Output, StringComparison.Ordinal);
        Assert.Contains("every-nth", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_is_taken_is_refused()
    {
        var host = FederationHost.CreateBuilder([]).AddNetwork(new NetworkPlan("mlp", Flatten.Plan, Linear.Plan("fc")));

        var exception = Assert.Throws<ArgumentException>(() => new HostParts(host.Services).SpecTable);

        Assert.Contains("network 'mlp': two are registered under this name", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_no_spec_can_have_is_refused()
    {
        var host = FederationHost.CreateBuilder([]).AddNetwork(new NetworkPlan("My Network", Flatten.Plan, Linear.Plan("fc")));

        var exception = Assert.Throws<ArgumentException>(() => new HostParts(host.Services).SpecTable);

        Assert.Contains("network 'My Network': expected a name of at most 40 letters", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_a_spec_leaves_the_engine_open_the_built_in_ones_come_first() => Assert.Equal(
        ["auto", "lanes", "torch", "mine"], ((WordField)new HostParts(OwnParts.Host().Services).SpecTable.Find("engine")!).Words);

    [Fact]
    public async Task A_data_set_of_the_hosts_own_is_learnt_from()
    {
        var run = await workplace.RunAsync(OwnParts.Host(), "run", "--data", "bars:30", "--network", "flat", "--clients", "3", "--rounds", "3", "--epochs", "10", "--learning-rate", "0.02", "--json", "--id", "own");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.ExitCode == ExitCode.Done ? "" : run.Error));
        Assert.Equal(1, ContractJson.Deserialize<FederationResult>(run.Output).Rounds[^1].CentralAccuracy);
        Assert.Contains("data: bars:30 of FlDurable.LocalHost.Tests ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bars:many", "data: 'bars:many' can't be loaded: The input string 'many' was not in a correct format.")]
    [InlineData("barz", "data: 'barz': no such file or folder; expected bars, cifar10, ")]
    public async Task Data_that_it_does_not_give_is_refused_by_name(string data, string message)
    {
        var run = await workplace.RunAsync(OwnParts.Host(), "run", "--data", data, "--network", "flat");

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cifar10")]
    [InlineData("idx")]
    [InlineData("synthetic")]
    [InlineData("c")]
    public void A_data_set_has_no_name_that_specs_have_for_something_else(string name) => Assert.Contains(
        $"data set '{name}': ", Assert.Throws<ArgumentException>(() => new DatasetNames(new Named(name))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_metric_of_its_own_is_in_the_records_and_decides_which_round_is_kept_and_which_is_the_last()
    {
        var run = await workplace.RunAsync(
            OwnParts.Host(), "run", "--data", "bars:30", "--network", "flat", "--clients", "3", "--rounds", "20", "--epochs", "10", "--learning-rate", "0.005", "--json", "--id", "own", "--keep-best", "central.balancedAccuracy",
            "--stop-when", "metric=central.balancedAccuracy,reaches=1");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.ExitCode == ExitCode.Done ? "" : run.Error));
        var result = ContractJson.Deserialize<FederationResult>(run.Output);
        var last = result.Rounds[^1];
        Assert.InRange(last.Round, 1, 19);
        Assert.Equal(1, last.Additional!["central.balancedAccuracy"]);
        Assert.All(result.Rounds.SkipLast(1), round => Assert.InRange(round.Additional!["central.balancedAccuracy"], 0, 0.999));
        Assert.Equal([new BestRound("central.balancedAccuracy", last.Round, 1)], last.Best);
        Assert.Equal("central.balancedAccuracy is 1.0000, which reaches 1", last.Stopped);
    }

    [Fact]
    public async Task A_rule_of_its_own_says_what_each_round_is_planned_with_and_who_repeats_the_spec_needs_none_of_its_code()
    {
        var host = FederationHost.CreateBuilder([]).AddSchedule<Halvings>();
        string[] spec = ["run", "--data", Workplace.Data, "--clients", "3", "--rounds", "4", "--json", "--learning-rate", "initial=0.01,rule=halvings", "--epochs", "initial=3,rule=halvings"];
        var own = await workplace.RunAsync(host, [.. spec, "--id", "own"]);
        var again = await workplace.RunAsync(host, [.. spec, "--id", "own"]);
        var written = await workplace.RunAsync("run", "--data", Workplace.Data, "--clients", "3", "--rounds", "4", "--json", "--id", "own", "--learning-rate", "[0.01,0.005,0.005,0.0025]", "--epochs", "[3,2,2,1]");
        var without = await workplace.RunAsync([.. spec, "--id", "other"]);

        Assert.Equal((ExitCode.Done, ""), (own.ExitCode, own.ExitCode == ExitCode.Done ? "" : own.Error));
        var result = ContractJson.Deserialize<FederationResult>(own.Output);
        Assert.Equal([(3, 0.01), (2, 0.005), (2, 0.005), (1, 0.0025)], result.Rounds.Skip(1).Select(round => (round.Plan!.Epochs, round.Plan.LearningRate)));
        Assert.Equal((own.Output, own.Output), (again.Output, written.Output));
        Assert.Equal(ExitCode.BadUsage, without.ExitCode);
        Assert.Contains("learningRate.rule: unknown option; a schedule has initial, step, factor, cosine, final, warmUp", without.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("learningRate.rule: expected one of halvings, got", "initial=0.1,rule=halving")]
    [InlineData("expected initial, what it begins with; got none", "rule=halvings")]
    [InlineData("expected initial alone with rule, got step, factor besides", "initial=0.1,rule=halvings,step=1,factor=0.5")]
    [InlineData("expected 1.2E-38 or more, the least that single precision has in every round, got 1E-38 in round 2 by rule 'halvings'", "initial=2e-38,rule=halvings")]
    public async Task A_rule_that_does_not_do_is_named(string error, string learningRate)
    {
        var run = await workplace.RunAsync(FederationHost.CreateBuilder([]).AddSchedule<Halvings>(), "run", "--data", Workplace.Data, "--rounds", "2", "--learning-rate", learningRate);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_number_that_clients_report_is_in_the_records_with_its_mean_and_its_range_and_wherever_other_metrics_are()
    {
        var host = FederationHost.CreateBuilder([]).AddClientMetric<LargestChange>();
        string[] spec = ["run", "--data", Workplace.Data, "--clients", "3", "--partitioner", "linear", "--rounds", "2", "--id", "own"];
        var run = await workplace.RunAsync(host, [.. spec, "--json"]);
        var csv = await workplace.RunAsync("status", "own", "--csv");
        var plot = await workplace.RunAsync("plot", "own", "--measure", "largestChange.max", "--out", workplace["largest.svg"]);
        var without = await workplace.RunAsync(spec);

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.ExitCode == ExitCode.Done ? "" : run.Error));
        var last = ContractJson.Deserialize<FederationResult>(run.Output).Rounds[^1];
        var reported = last.Participants.Select(client => (Weight: (double)client.Examples!, Value: client.Additional!["fit.largestChange"])).ToList();
        Assert.Equal(3, reported.Distinct().Count());
        Assert.Equal(reported.Sum(client => client.Weight * client.Value) / reported.Sum(client => client.Weight), last.Additional!["fit.largestChange"], 1e-12);
        Assert.Equal(
            [("fit.largestChange", new MetricRange(reported.Min(client => client.Value), reported.Max(client => client.Value)))],
            last.AdditionalRanges!.Select(range => (range.Key, range.Value)));
        Assert.Contains(",fit.largestChange,fit.largestChange.max,fit.largestChange.min,", csv.OutputLines[0], StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"{last.AdditionalRanges!["fit.largestChange"].Max}"), csv.OutputLines[^1], StringComparison.Ordinal);
        Assert.Equal((ExitCode.Done, ""), (plot.ExitCode, plot.ExitCode == ExitCode.Done ? "" : plot.Error));
        Assert.Equal(ExitCode.BadUsage, without.ExitCode);
        Assert.Contains("federation 'own' was started with FlDurable.LocalHost.Tests ", without.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_federation_says_what_it_was_run_with()
    {
        string[] spec = ["run", "--data", Workplace.Data, "--clients", "3", "--rounds", "2", "--id", "own", "--strategy", "halfway"];
        Assert.Equal(ExitCode.Done, (await workplace.RunAsync(OwnParts.Host(), spec)).ExitCode);
        var file = Path.Combine(workplace.State, "artifacts", "federations", "own", "spec.json");
        var packages = ContractJson.Deserialize<ResolvedSpec>(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Packages!;

        Assert.Equal([PackageVersion.OwnName, "FlDurable.LocalHost.Tests"], packages.Select(package => package.Name));
        Assert.Equal(PackageVersion.Own.Version, packages[0].Version);
    }

    [Fact]
    public async Task What_was_run_with_another_build_of_a_package_is_not_gone_on_with()
    {
        var cancel = TestContext.Current.CancellationToken;
        string[] spec = ["run", "--data", Workplace.Data, "--clients", "3", "--rounds", "2", "--id", "own", "--strategy", "halfway"];
        Assert.Equal(ExitCode.Done, (await workplace.RunAsync(OwnParts.Host(), spec)).ExitCode);
        var file = Path.Combine(workplace.State, "artifacts", "federations", "own", "spec.json");
        var there = ContractJson.Deserialize<ResolvedSpec>(await File.ReadAllTextAsync(file, cancel));
        var older = there with { Packages = [.. there.Packages!.Select(package => package with { Version = "0.0.1" })], Seal = null };
        await File.WriteAllTextAsync(file, ContractJson.Serialize(older with { Seal = DocumentSeal.Of(older) }), cancel);
        await File.WriteAllTextAsync(Path.Combine(workplace.State, "engine.db"), "no engine can start with this, and none is to", cancel);

        var run = await workplace.RunAsync(OwnParts.Host(), spec);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("federation 'own' was started with FlDurable.LocalHost.Tests 0.0.1, and this host has ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_build_of_a_package_is_refused_and_so_is_a_host_without_it()
    {
        var own = new PackageVersion("Acme.Fed", "1.0.0");
        var spec = new ResolvedSpec(1, "fed", "lanes", null, null, new FederationSpec()) { Packages = [PackageVersion.Own with { Version = "0.0.1" }, own] };

        Assert.Null(With(own).WhyNot(spec));
        Assert.Null(new SpecPackages([]).WhyNot(spec with { Packages = null }));
        Assert.StartsWith("federation 'fed' was started with Acme.Fed 1.0.0, and this host has 1.1.0: ", With(own with { Version = "1.1.0" }).WhyNot(spec), StringComparison.Ordinal);
        Assert.StartsWith("federation 'fed' was started with Acme.Fed 1.0.0, and this host is without it: ", new SpecPackages([]).WhyNot(spec), StringComparison.Ordinal);

        static SpecPackages With(PackageVersion package) => new([new NetworkRegistry([new OwnNetwork(OwnParts.Flat, package)])]);
    }

    [Fact]
    public void A_part_that_a_host_has_come_to_have_is_refused_where_the_federation_would_run_it()
    {
        var own = new PackageVersion("Acme.Fed", "1.0.0");
        var packages = new SpecPackages([new Registered("metric", new SpecAlternative("own") { Package = own }), new Registered("engine", new SpecAlternative("lanes"), new SpecAlternative("mine") { Package = own })]);
        var spec = new ResolvedSpec(1, "fed", "lanes", null, null, new FederationSpec { CentralEvaluation = true }) { Packages = [PackageVersion.Own] };

        Assert.StartsWith("federation 'fed' was started without Acme.Fed 1.0.0, which this host has", packages.WhyNot(spec), StringComparison.Ordinal);
        Assert.StartsWith("federation 'fed' was started without Acme.Fed 1.0.0, which this host has", packages.WhyNot(spec with { Engine = "mine", Spec = spec.Spec with { CentralEvaluation = false } }), StringComparison.Ordinal);
        Assert.Null(packages.WhyNot(spec with { Spec = spec.Spec with { CentralEvaluation = false } }));
        Assert.Null(packages.WhyNot(spec with { Packages = [PackageVersion.Own, own] }));
        Assert.Null(packages.WhyNot(spec with { Packages = null }));
    }

    [Fact]
    public void An_engine_that_was_not_chosen_is_none_of_a_federations_packages()
    {
        var own = new PackageVersion("Acme.Fed", "1.0.0");
        var packages = new SpecPackages([new Registered("engine", new SpecAlternative("lanes"), new SpecAlternative("mine") { Package = own })]);

        Assert.Equal([PackageVersion.Own], packages.Of(new FederationSpec(), "lanes"));
        Assert.Equal([PackageVersion.Own, own], packages.Of(new FederationSpec(), "mine"));
        Assert.Equal([PackageVersion.Own, own], packages.Of(new FederationSpec(), ResolvedSpec.Undecided));
    }

    private sealed record Registered(string Field, params IReadOnlyList<SpecAlternative> Alternatives) : ISpecAlternatives;

    private sealed class Named(string name) : INamedDataset
    {
        public string Name => name;

        public string? FileOf(string? argument) => null;

        public Task<string> FingerprintAsync(string? argument, CancellationToken cancellationToken) => Task.FromResult("");

        public Task<ImageDataset> LoadAsync(string? argument, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
