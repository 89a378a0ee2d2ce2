using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Tests.Support;
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

        Assert.Contains("network 'My Network': expected a name of small letters", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_a_spec_leaves_the_engine_open_the_built_in_ones_come_first() => Assert.Equal(
        ["auto", "lanes", "torch", "mine"], ((WordField)new HostParts(OwnParts.Host().Services).SpecTable.Find("engine")!).Words);
}
