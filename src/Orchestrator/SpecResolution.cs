using System.Numerics.Tensors;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Checkpoints;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Notifications;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>Decides what a new federation is started with, or says of its spec why it can't be. It writes nothing.</summary>
internal sealed class SpecResolution(
    IArtifactStore store, DatasetNames names, NetworkRegistry networks, IEngineCatalog engines, StrategyRegistry strategies, SpecPackages packages,
    NotificationSettings notifications)
{
    private readonly BranchedState branchedState = new(store, strategies);

    /// <summary>Resolves the spec of a federation that there is not yet.</summary>
    /// <param name="spec">The spec, with an id.</param>
    /// <param name="initial">The content of the file that its <see cref="FederationSpec.Initial"/> names; null if it names none.</param>
    /// <param name="dataFolder">Where its data must lie; null for anywhere.</param>
    /// <param name="read">Reads its data, if that is to be read now.</param>
    /// <param name="knowsSites">Whether there may be sites that have the data.</param>
    /// <param name="knowsPool">Whether there may be a pool of workers that do the work.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidSpecException">A field does not fit this machine, or the data.</exception>
    public async Task<Resolution> ResolveAsync(
        FederationSpec spec, ReadOnlyMemory<byte>? initial, string? dataFolder, Func<FederationSpec, Task<ResolvedDataset?>> read, bool knowsSites,
        bool knowsPool, CancellationToken cancellationToken)
    {
        if (spec.Notify is not null && notifications.Secret is null)
            throw new InvalidSpecException([new SpecError("notify", $"this host tells nobody: it has no {NotificationSettings.SecretName} to sign with")]);
        RefuseSites(spec, knowsSites);
        if (spec.Placement is { IsInPool: true } && !knowsPool)
            throw new InvalidSpecException([new SpecError("placement", "this host has no pool of workers: start the federation at one that does, fldurable serve on a state folder of its own")]);
        GivenParameters? given = null;
        var usual = networks.Get(spec.Network).FindUsual();
        var isUsual = usual is not null && TakesTheUsual(spec);
        if (usual is not null)
        {
            // Which layers an engine knows is the same for all images, and what their tensors are called for those of one shape: neither need wait for a download.
            engines.Resolve(spec.Engine, usual, spec.LargestBatch(), spec.CentralEvaluation);
            if (isUsual)
                given = ReadGiven(spec, initial, usual, cancellationToken);
        }

        var data = spec.Sites().Count > 0 ? null : await read(spec);
        var point = await BranchPoint.FindAsync(store, spec, cancellationToken);
        var fitted = FindNetwork(spec, data, point);
        if (fitted is not null)
            strategies.RefuseTooMuchWork(spec, fitted);
        var known = isUsual || data is not null || point is not null ? fitted : null;
        given ??= ReadGiven(spec, initial, known, cancellationToken);
        var reference = given is null ? null : CheckInitial(spec, known, given);
        return new Resolution(await DecideAsync(spec, point, fitted, reference, dataFolder, cancellationToken), data, given);
    }

    /// <summary>Whether the network is the usual one, as can be told before the data is read.</summary>
    private bool TakesTheUsual(FederationSpec spec) =>
        networks.Get(spec.Network).IsForOneShape || (spec.Sites().Count == 0 && spec.Resize is null && names.IsOfUsualForm(spec.Data));

    /// <summary>The parameters of the file that a spec names, as the store keeps them. A round's are so already.</summary>
    public static GivenParameters? ReadGiven(FederationSpec spec, ReadOnlyMemory<byte>? initial, Network? network, CancellationToken cancellationToken)
    {
        if (initial is not { } content)
            return null;
        if (spec.Initial is null || ArtifactNames.IsGlobalParameters(spec.Initial))
            return new GivenParameters(content, Changed: null);
        try
        {
            return GivenParameters.Read(content, Network.MostParameters, network?.Layout, cancellationToken);
        }
        catch (CheckpointException exception)
        {
            throw new InvalidSpecException([new SpecError("initial", $"'{spec.Initial}' is {exception.Message}")]);
        }
    }

    /// <summary>Refuses sites that are none, and what can't be done with them.</summary>
    private void RefuseSites(FederationSpec spec, bool knowsSites)
    {
        if (spec.Sites().Count == 0)
            return;
        if (!knowsSites)
            throw new InvalidSpecException([new SpecError("data", "this host knows no sites: start the federation at one that does, fldurable serve on a state folder of its own")]);
        if (spec.IsAttacked())
            throw new InvalidSpecException([new SpecError("attack", $"expected none where the data is at sites, which nobody makes hostile for an experiment; got {spec.Attack}")]);
        if (strategies.For(spec, round: 1).Plan is { KeepsState: true })
            throw new InvalidSpecException([new SpecError("strategy", $"expected one that has clients keep nothing from round to round, since sites don't; got {spec.Strategy}")]);
    }

    private async Task<ResolvedSpec> DecideAsync(
        FederationSpec spec, BranchPoint? point, Network? network, ArtifactReference? initial, string? dataFolder, CancellationToken cancellationToken)
    {
        var engine = network is null ? spec.Engine : engines.Resolve(spec.Engine, network, spec.LargestBatch(), spec.CentralEvaluation);
        var (strategyState, clientStates) = point is null ? default : await branchedState.ResolveAsync(spec, point, cancellationToken);
        var resolved = new ResolvedSpec(ResolvedSpec.CurrentVersion, spec.Id!, engine, Dataset: null, initial, spec)
        {
            InitialState = strategyState,
            InitialClientStates = clientStates,
            DataFolder = dataFolder,
            Packages = packages.Of(spec, engine),
            PrivacySpentBefore = point is null ? null : BranchedState.PrivacySpent(point),
        };
        return resolved with { Seal = DocumentSeal.Of(resolved) };
    }

    /// <summary>
    /// The network for the data; where that is still to be read, for the data of the federation that is branched from, or the usual. Null
    /// where there is none before the data's shape is known.
    /// </summary>
    private Network? FindNetwork(FederationSpec spec, ResolvedDataset? data, BranchPoint? point)
    {
        var plan = networks.Get(spec.Network);
        if (data is not null)
            return DatasetFit.Check(spec, plan, data);
        if (point?.Parent.Dataset is not { Shape: { } shape, Classes: { } classes })
            return plan.FindUsual();
        try
        {
            return plan.For(shape, classes);
        }
        catch (NetworkFitException exception)
        {
            throw new InvalidSpecException([new SpecError("network", exception.Message)]);
        }
    }

    // Where the network is still to be known, whoever makes round 0 finds whether they are its parameters.
    private static ArtifactReference CheckInitial(FederationSpec spec, Network? network, GivenParameters initial)
    {
        var content = initial.Safetensors.Span;
        try
        {
            if (network is null)
                return ArtifactReference.Of(ArtifactNames.GlobalParameters(spec.Id!, round: 0), content);
            if (initial.Changed is null)
                Safetensors.CheckLength<float>(content.Length, network.Layout);
            if (!TensorPrimitives.IsFiniteAll<float>(Safetensors.Read(content, network.Layout).Values))
                throw new SafetensorsException("a parameter is infinite or not a number");
        }
        catch (SafetensorsException exception)
        {
            throw new InvalidSpecException([new SpecError("initial", $"'{spec.Initial}' has no parameters of {network!.Name}: {exception.Message}")]);
        }

        return ArtifactReference.Of(ArtifactNames.GlobalParameters(spec.Id!, round: 0), content);
    }
}

/// <summary>What a new federation is started with.</summary>
/// <param name="Spec">Its resolved spec.</param>
/// <param name="Data">Its data; null where that is not read yet.</param>
/// <param name="Given">The parameters that were given to it; null if none were.</param>
internal sealed record Resolution(ResolvedSpec Spec, ResolvedDataset? Data, GivenParameters? Given);
