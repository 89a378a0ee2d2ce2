using FlDurable.CrashingHost;
using FlDurable.Faults.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Faults.Tests;

/// <summary>Whatever a commit mentions is on the disk when the commit begins.</summary>
public sealed class FlushOrderTests(Federations federations) : IClassFixture<Federations>
{
    [Theory]
    [InlineData(1)]
    [InlineData(FederationSpec.AutoCohortSize)]
    public async Task Every_artifact_and_its_folders_are_flushed_before_the_commit_that_mentions_it(int cohortSize)
    {
        var spec = SmallFederation.Spec with { CohortSize = cohortSize };
        using var state = new TestFolder();
        var log = new FlushLog(state["state"], new DurableFiles());
        await using var host = VirtualHost.Create(state["state"], federations.Cache, new HostFaults { Files = log, CrashPoint = log.AtCrashPoint });

        await host.LaunchAsync(spec);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await host.RunToEndAsync()).RuntimeStatus);

        Assert.Empty(log.MentionedTooEarly);
        Assert.Superset(EveryRound(spec).ToHashSet(), log.Mentioned);
    }

    /// <summary>Some of what must have been mentioned, or nothing is proved.</summary>
    private static IEnumerable<string> EveryRound(FederationSpec spec) => Enumerable.Range(1, spec.Rounds).SelectMany(round => new[]
    {
        ArtifactNames.Spec(spec.Id!), ArtifactNames.Selection(spec.Id!, round), ArtifactNames.GlobalParameters(spec.Id!, round),
        ArtifactNames.Record(spec.Id!, round), ArtifactNames.Cohort(spec.Id!, round, attempt: 1, RoundPhase.Fit, first: spec.CohortSize == 1 ? 9 : 0),
        ArtifactNames.Subtree(spec.Id!, round, attempt: 1, RoundPhase.Fit, new SelectionRange(0, 10)),
    });
}
