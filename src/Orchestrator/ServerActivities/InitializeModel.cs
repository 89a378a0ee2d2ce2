using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>The global parameters of round 0: drawn from the seed, or those that the host put there when the federation was started.</summary>
internal sealed class InitializeModel(IArtifactStore store, NetworkRegistry networks, SpecPackages packages) : IActivity<FederationInput, ArtifactReference>
{
    public async Task<ArtifactReference> RunAsync(FederationInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(input.Spec, packages, cancellationToken);
        var recorded = new RecordedFederation(store, spec.Id);
        var network = networks.Get(spec);
        if (spec.Spec.Privacy is not null && !await recorded.IsRecordedAsync(round: 0, cancellationToken))
            await store.MakePrivacyKeyAsync(spec.Id, cancellationToken);
        var name = ArtifactNames.GlobalParameters(spec.Id, round: 0);
        if (await store.FindAsync(name, cancellationToken) is null)
            await recorded.ThrowIfRecordedAsync(round: 0, cancellationToken); // they are not retained
        if (spec.Initial is { } given)
        {
            await store.ReadParametersAsync(given, network, cancellationToken);
            return given;
        }

        return await store.PutAsync(name, Safetensors.Write(network.Initialize(spec.Spec.Seed)), cancellationToken);
    }
}
