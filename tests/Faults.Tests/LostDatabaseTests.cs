using FlDurable.CrashingHost;
using FlDurable.EmbeddedEngine;
using FlDurable.Faults.Tests.Support;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Faults.Tests;

/// <summary>The engine's database is deleted, or is that of yesterday, and the artifacts are ahead of it.</summary>
public sealed class LostDatabaseTests(Federations federations) : IClassFixture<Federations>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(99, 2)]
    public async Task Without_its_database_a_federation_goes_on_after_the_last_round_that_is_recorded(int stopsInRound, int recorded)
    {
        using var state = new TestFolder();
        await RunAsync(Federations.Small, state["state"], stopsInRound, onCommit: () => { });
        DeleteDatabase(state["state"]);

        await using var host = VirtualHost.Create(state["state"], federations.Cache);
        await host.Engine.StartAsync(Cancel);
        var launched = await host.Services.GetRequiredService<FederationLauncher>().LaunchAsync(host.Services.GetRequiredService<SpecReader>().Check(Federations.Small), null, null, Cancel);

        Assert.Equal((false, true, recorded), (launched.IsNew, launched.IsStarted, launched.RecoveredRound));
        await AssertSameAsync(Federations.Small, host, state["state"]);
    }

    [Theory]
    [InlineData("all")]
    [InlineData("last:1")]
    [InlineData("every:2")]
    public async Task With_the_database_of_any_moment_before_it_goes_on_to_the_same_bits(string retention)
    {
        const int every = 4;
        var spec = Federations.Small with { Retention = retention };
        using var state = new TestFolder();
        var databases = new List<IReadOnlyList<(string Name, byte[] Content)>>();
        await RunAsync(spec, state["state"], stopsInRound: 2, onCommit: () => databases.Add(Database(state["state"])));

        for (var moment = 1; moment < databases.Count; moment += every)
            await AssertGoesOnAsync(spec, state["state"], databases[moment]);
    }

    [Theory]
    [InlineData("last:1", 64)]
    [InlineData("every:2", 65)]
    public async Task With_the_database_of_any_moment_a_federation_that_is_done_stays_as_it_is(string retention, int clients)
    {
        const int every = 8;
        var spec = SmallFederation.Spec with { Retention = retention, Clients = clients, CohortSize = 16 };
        using var state = new TestFolder();
        var databases = new List<IReadOnlyList<(string Name, byte[] Content)>>();
        await RunAsync(spec, state["state"], stopsInRound: 99, onCommit: () => databases.Add(Database(state["state"])));

        for (var moment = 1; moment < databases.Count; moment += every)
            await AssertGoesOnAsync(spec, state["state"], databases[moment]);
    }

    [Theory]
    [InlineData("last:1")]
    [InlineData("every:2")]
    public async Task Without_its_database_it_goes_on_from_the_only_parameters_that_are_retained(string retention)
    {
        var spec = Federations.Small with { Retention = retention };
        using var state = new TestFolder();
        await RunAsync(spec, state["state"], stopsInRound: 2, onCommit: () => { });

        await AssertGoesOnAsync(spec, state["state"], []);
    }

    [Fact]
    public async Task Without_its_database_a_round_whose_parameters_have_their_name_but_no_record_is_run_again()
    {
        using var state = new TestFolder();
        await RunAsync(Federations.Small, state["state"], stopsInRound: 99, onCommit: () => { });
        foreach (var name in (string[])[ArtifactNames.Record(SmallFederation.Id, 2), ArtifactNames.Result(SmallFederation.Id), ArtifactNames.Model(SmallFederation.Id)])
            File.Delete(Path.Combine(SmallFederation.Artifacts(state["state"]), name));

        await AssertGoesOnAsync(Federations.Small, state["state"], []);
    }

    [Fact]
    public async Task Without_its_database_and_a_record_in_the_middle_it_goes_on_after_the_last_and_the_result_names_the_gap()
    {
        using var state = new TestFolder();
        await RunAsync(Federations.Small with { Rounds = 3 }, state["state"], stopsInRound: 3, onCommit: () => { });
        DeleteDatabase(state["state"]);
        File.Delete(Path.Combine(SmallFederation.Artifacts(state["state"]), ArtifactNames.Record(SmallFederation.Id, 1)));

        await using var host = VirtualHost.Create(state["state"], federations.Cache);
        await host.LaunchAsync(Federations.Small with { Rounds = 3 });
        var end = await host.RunToEndAsync();

        Assert.Equal((OrchestrationRuntimeStatus.Completed, null), (end.RuntimeStatus, end.FailureReason));
        var store = new FileArtifactStore(SmallFederation.Artifacts(state["state"]));
        var result = await store.FindJsonAsync<FederationResult>(ArtifactNames.Result(SmallFederation.Id), Cancel);
        Assert.Equal([0, 2, 3], result!.Rounds.Select(round => round.Round));
        Assert.Equal([RecordedFederation.Lost(ArtifactNames.Record(SmallFederation.Id, 1))], result.Damage);
    }

    [Fact]
    public async Task What_was_terminated_is_not_begun_again()
    {
        using var state = new TestFolder();
        await RunAsync(Federations.Small, state["state"], stopsInRound: 2, onCommit: () => { });
        await new FileArtifactStore(SmallFederation.Artifacts(state["state"])).PutAsync(
            ArtifactNames.Stop(SmallFederation.Id), ReadOnlyMemory<byte>.Empty, Cancel);
        DeleteDatabase(state["state"]);
        await using var host = VirtualHost.Create(state["state"], federations.Cache);
        Assert.Contains(
            "was terminated", (await Assert.ThrowsAsync<FederationConflictException>(() => host.LaunchAsync(Federations.Small))).Message, StringComparison.Ordinal);
    }

    /// <summary>Checks that a federation goes on with what of its database there is as if nothing had been.</summary>
    private async Task AssertGoesOnAsync(FederationSpec spec, string state, IEnumerable<(string Name, byte[] Content)> database)
    {
        using var other = new TestFolder();
        Copy(Path.Combine(state, "artifacts"), Path.Combine(other["state"], "artifacts"));
        foreach (var (name, content) in database)
            await File.WriteAllBytesAsync(Path.Combine(other["state"], name), content, Cancel);
        await using var host = VirtualHost.Create(other["state"], federations.Cache);
        await host.LaunchAsync(spec);
        await AssertSameAsync(spec, host, other["state"]);
    }

    private async Task AssertSameAsync(FederationSpec spec, VirtualHost host, string state)
    {
        var end = await host.RunToEndAsync();
        Assert.Equal((OrchestrationRuntimeStatus.Completed, null), (end.RuntimeStatus, end.FailureReason));
        Assert.Equal(await federations.UndisturbedAsync(spec), FederationOutcome.Read(state));
    }

    /// <summary>Runs a federation until its host stops in a round, or to its end.</summary>
    private async Task RunAsync(FederationSpec spec, string state, int stopsInRound, Action onCommit)
    {
        var faults = StopsIn(stopsInRound);
        await using var host = VirtualHost.Create(state, federations.Cache, faults with
        {
            CrashPoint = point =>
            {
                if (point == CrashPoints.AfterCommit)
                    onCommit();
            },
        });
        await host.LaunchAsync(spec);
        if (stopsInRound <= spec.Rounds)
            await Assert.ThrowsAsync<HostFailureException>(() => host.RunToEndAsync());
        else
            await host.RunToEndAsync();
    }

    private static void DeleteDatabase(string state)
    {
        foreach (var file in Directory.EnumerateFiles(state, "engine.*"))
            File.Delete(file);
    }

    private static HostFaults StopsIn(int round) => new()
    {
        Activities = (_, activity, input, run) =>
            activity == Activities.TrainClient.Name && ContractJson.Deserialize<CohortInput>(input).Round == round
                ? throw new KnownFailureException("not now", FailureKind.HostForGood)
                : run(),
    };

    private static List<(string Name, byte[] Content)> Database(string state)
    {
        var files = new List<(string, byte[])>();
        foreach (var name in (string[])["engine.db", "engine.db-wal"])
        {
            using var file = new FileStream(Path.Combine(state, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var content = new byte[file.Length];
            file.ReadExactly(content);
            files.Add((name, content));
        }

        return files;
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
