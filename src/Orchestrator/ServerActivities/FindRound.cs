using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>
/// Looks whether a round is recorded that an engine, whose database is older than the artifacts, has tried to run again, and which is the
/// last: only its parameters are sure to be there yet.
/// </summary>
internal sealed class FindRound(IArtifactStore store) : IActivity<FindRoundInput, FindRoundResult>
{
    public async Task<FindRoundResult> RunAsync(FindRoundInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(input.Spec, cancellationToken);
        return new FindRoundResult(await new RecordedFederation(store, spec.Id).FindLastRoundAsync(spec, input.Round, cancellationToken));
    }
}
