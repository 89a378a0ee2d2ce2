using System.Runtime.CompilerServices;
using FlDurable.Orchestrator.Durable;
using Microsoft.DurableTask;
using Durable = Microsoft.DurableTask.Client;
using Port = FlDurable.Orchestrator.Durable;

namespace FlDurable.FunctionApp.Surface.Host;

/// <summary>The embedded engine's instances by Durable Task's pages.</summary>
internal sealed class SurfacePages(IFederationClient engine, Durable.OrchestrationQuery filter) : AsyncPageable<Durable.OrchestrationMetadata>
{
    public override IAsyncEnumerable<Page<Durable.OrchestrationMetadata>> AsPages(
        string? continuationToken = default, int? pageSizeHint = default) =>
        ReadAsync(continuationToken ?? filter.ContinuationToken, pageSizeHint ?? filter.PageSize, CancellationToken.None);

    private async IAsyncEnumerable<Page<Durable.OrchestrationMetadata>> ReadAsync(
        string? continuationToken, int pageSize, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var statuses = filter.Statuses?.Select(status => Enum.Parse<Port.OrchestrationRuntimeStatus>(status.ToString())).ToList();
        do
        {
            var page = await engine.GetInstancesAsync(
                new Port.OrchestrationQuery(statuses, filter.InstanceIdPrefix, PageSize: pageSize, ContinuationToken: continuationToken),
                cancellationToken);
            continuationToken = page.ContinuationToken;
            yield return new Page<Durable.OrchestrationMetadata>(
                [.. page.Instances.Select(instance => SurfaceClient.ToDurable(instance, filter.FetchInputsAndOutputs))], continuationToken);
        }
        while (continuationToken is not null);
    }
}
