using FlDurable.CrashingHost;
using FlDurable.EmbeddedEngine;
using FlDurable.Faults.Tests.Support;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
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
        await RunAsync(state["state"], stopsInRound, onCommit: () => { });
        foreach (var file in Directory.EnumerateFiles(state["state"], "engine.*"))
            File.Delete(file);

        await using var host = VirtualHost.Create(state["state"], federations.Cache);
        await host.Engine.StartAsync(Cancel);
        var launched = await host.Services.GetRequiredService<FederationLauncher>().LaunchAsync(Federations.Small, null, null, Cancel);

        Assert.Equal((false, true, recorded), (launched.IsNew, launched.IsStarted, launched.RecoveredRound));
        await AssertSameAsync(host, state["state"]);
    }

    [Fact]
    public async Task With_the_database_of_any_moment_before_it_goes_on_to_the_same_bits()
    {
        const int every = 4;
        using var state = new TestFolder();
        var databases = new List<IReadOnlyList<(string Name, byte[] Content)>>();
        await RunAsync(state["state"], stopsInRound: 2, onCommit: () => databases.Add(Database(state["state"])));

        for (var moment = 1; moment < databases.Count; moment += every)
        {
            using var older = new TestFolder();
            Copy(Path.Combine(state["state"], "artifacts"), Path.Combine(older["state"], "artifacts"));
            foreach (var (name, content) in databases[moment])
                await File.WriteAllBytesAsync(Path.Combine(older["state"], name), content, Cancel);
            await using var host = VirtualHost.Create(older["state"], federations.Cache);
            await host.LaunchAsync(Federations.Small);
            await AssertSameAsync(host, older["state"]);
        }
    }

    [Fact]
    public async Task What_was_terminated_is_not_begun_again()
    {
        using var state = new TestFolder();
        await RunAsync(state["state"], stopsInRound: 2, onCommit: () => { });
        await new FileArtifactStore(SmallFederation.Artifacts(state["state"])).PutAsync(
            ArtifactNames.Stop(SmallFederation.Id), ReadOnlyMemory<byte>.Empty, Cancel);
        foreach (var file in Directory.EnumerateFiles(state["state"], "engine.*"))
            File.Delete(file);
        await using var host = VirtualHost.Create(state["state"], federations.Cache);
        Assert.Contains(
            "was terminated", (await Assert.ThrowsAsync<FederationConflictException>(() => host.LaunchAsync(Federations.Small))).Message, StringComparison.Ordinal);
    }

    private async Task AssertSameAsync(VirtualHost host, string state)
    {
        var end = await host.RunToEndAsync();
        Assert.Equal((OrchestrationRuntimeStatus.Completed, null), (end.RuntimeStatus, end.FailureReason));
        Assert.Equal(await federations.UndisturbedAsync(Federations.Small), FederationOutcome.Read(state));
    }

    /// <summary>Runs a federation until its host stops in a round, or to its end.</summary>
    private async Task RunAsync(string state, int stopsInRound, Action onCommit)
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
        await host.LaunchAsync(Federations.Small);
        if (stopsInRound <= Federations.Small.Rounds)
            await Assert.ThrowsAsync<HostFailureException>(() => host.RunToEndAsync());
        else
            await host.RunToEndAsync();
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
