using FlDurable.ClientActivities;
using FlDurable.CrashingHost;
using FlDurable.Faults.Tests.Support;
using FlDurable.LanesEngine;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.Faults.Tests;

/// <summary>A client that sleeps for ever, in virtual time.</summary>
public sealed class DeadlineTests(Federations federations) : IClassFixture<Federations>
{
    private const int Sleeper = 2;

    private static readonly FederationSpec Spec = SmallFederation.Spec with { Clients = 4, MinFitClients = 4, Quorum = 3, Rounds = 2, DeadlineSeconds = 60 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Sleep.Light)]
    [InlineData(Sleep.Deep)]
    public async Task A_client_that_sleeps_for_ever_does_not_hold_a_round_past_its_deadline_and_is_named(Sleep sleep)
    {
        using var state = new TestFolder();
        using var engine = new SleepyEngine(new LanesTrainingEngine(), Sleeper, sleep);
        await using var host = VirtualHost.Create(state["state"], federations.Cache, new HostFaults
        {
            Services = services => services.RemoveAll<ITrainingEngine>().AddSingleton<ITrainingEngine>(engine),
        });
        await host.LaunchAsync(Spec);
        for (var round = 1; round <= Spec.Rounds; round++)
        {
            await OnlyTheSleeperIsMissingAsync(host, engine, round);
            Assert.False((await host.Client.GetInstanceAsync(SmallFederation.Id, Cancel))!.IsOver);
            host.Time.Advance(TimeSpan.FromSeconds(60));
        }

        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await host.WaitAsync()).RuntimeStatus);

        var result = await host.Services.GetRequiredService<IArtifactStore>().FindJsonAsync<FederationResult>(
            ArtifactNames.Result(SmallFederation.Id), Cancel);
        foreach (var record in result!.Rounds.Skip(1))
        {
            Assert.Equal(
                new ClientFailure("client-2", "TrainClient", $"absent at the deadline, 2026-01-01 00:0{record.Round}:00 UTC"),
                Assert.Single(record.Failures));
            Assert.Equal(["client-0", "client-1", "client-3"], record.Participants.Where(client => client.Examples > 0).Select(client => client.Client));
        }

        Assert.Equal(await ModelsWithoutSleeperAsync(), result.Rounds.Select(record => record.ParametersSha256));
    }

    [Fact]
    public async Task A_client_that_listens_to_nobody_does_not_keep_the_only_slot_past_its_deadline()
    {
        using var state = new TestFolder();
        using var engine = new SleepyEngine(new LanesTrainingEngine(), sleeper: 3, Sleep.Deep);
        await using var host = VirtualHost.Create(state["state"], federations.Cache, new HostFaults
        {
            Services = services => services.RemoveAll<ITrainingEngine>().AddSingleton<ITrainingEngine>(engine),
        }, slots: 1);
        await host.LaunchAsync(Spec);
        for (var round = 1; round <= Spec.Rounds; round++)
        {
            await OnlyTheSleeperIsMissingAsync(host, engine, round);
            host.Time.Advance(TimeSpan.FromSeconds(60));
        }

        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await host.WaitAsync()).RuntimeStatus);
    }

    /// <summary>Waits until all is committed that can happen while the sleeper sleeps.</summary>
    private static async Task OnlyTheSleeperIsMissingAsync(VirtualHost host, SleepyEngine engine, int round)
    {
        while (engine.Slept < round || await host.Engine.AskAsync(all => all.UnfinishedActivities, Cancel) > 1)
            await Task.Yield();
    }

    /// <summary>The models of a federation in which the same client takes no part, for another reason.</summary>
    private async Task<IEnumerable<string>> ModelsWithoutSleeperAsync()
    {
        using var state = new TestFolder();
        await using var host = VirtualHost.Create(state["state"], federations.Cache, new HostFaults
        {
            Activities = (_, activity, input, run) =>
                activity == Activities.TrainClient.Name && ContractJson.Deserialize<CohortInput>(input).First == Sleeper
                    ? throw new InvalidOperationException("it is not there")
                    : run(),
        });
        await host.LaunchAsync(Spec with { DeadlineSeconds = null });
        await host.RunToEndAsync();
        var result = await host.Services.GetRequiredService<IArtifactStore>().FindJsonAsync<FederationResult>(
            ArtifactNames.Result(SmallFederation.Id), Cancel);
        return result!.Rounds.Select(record => record.ParametersSha256);
    }
}
