using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Specs;

/// <summary>
/// A spec with everything decided that can be before its data is read: the content of <c>spec.json</c>. Written once, so that a resumed
/// federation never changes its engine. Which data it has is decided by <see cref="FederationDataset"/>, and so is the engine where only the
/// data's shape can tell what there is to train.
/// </summary>
/// <param name="Version">The version of this contract: <see cref="CurrentVersion"/>.</param>
/// <param name="Id">The federation's id.</param>
/// <param name="Engine">The training engine's name; <see cref="Undecided"/> until the data has decided it.</param>
/// <param name="Dataset">The partitioned data set, in the specs of builds that read the data first; else null.</param>
/// <param name="Initial">The given initial parameters; null when they are drawn from the seed.</param>
/// <param name="Spec">What was asked for, with the id filled in.</param>
public sealed record ResolvedSpec(
    int Version, string Id, string Engine, DatasetReference? Dataset, ArtifactReference? Initial, FederationSpec Spec) : ISealed
{
    /// <summary>The version that this build writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Stands for the engine where it is still to be decided: the spec's own word for "whichever can".</summary>
    public const string Undecided = "auto";

    /// <summary>
    /// What the strategy kept of the round that this federation branches from, copied to its round 0; null if it starts anew.
    /// </summary>
    public ArtifactReference? InitialState { get; init; }

    /// <summary>What the clients had kept by then, likewise: the round's <c>clients.json</c>.</summary>
    public ArtifactReference? InitialClientStates { get; init; }

    /// <summary>
    /// The folder in which the file or folder that <see cref="FederationSpec.Data"/> names must lie whenever it is read, as whoever took the
    /// spec from a caller allows; null where it may lie anywhere.
    /// </summary>
    public string? DataFolder { get; init; }

    /// <summary>What had been spent of the clients' privacy on the parameters that this federation branches from; null if that was nothing.</summary>
    public IReadOnlyList<PrivacySpending>? PrivacySpentBefore { get; init; }

    /// <summary>The packages whose code the federation was started with; absent in federations from before packages were kept.</summary>
    public IReadOnlyList<PackageVersion>? Packages { get; init; }

    /// <inheritdoc/>
    public string? Seal { get; init; }
}

/// <summary>The networks of federations.</summary>
public static class ResolvedNetworks
{
    /// <summary>The network of a federation; null while the data's shape is to decide it.</summary>
    /// <exception cref="NotRegisteredException">As for <see cref="Get"/>.</exception>
    public static Network? Find(this NetworkRegistry networks, ResolvedSpec spec) =>
        spec.Dataset is null && networks.Get(spec.Spec.Network).FindUsual() is null ? null : networks.Get(spec);

    /// <summary>The network of a federation.</summary>
    /// <exception cref="NotRegisteredException">
    /// There is none of its name here, or one that does not take the federation's images: this host was built with other networks.
    /// </exception>
    public static Network Get(this NetworkRegistry networks, ResolvedSpec spec)
    {
        var plan = networks.Get(spec.Spec.Network);
        try
        {
            var network = spec.Dataset is { Shape: { } shape, Classes: { } classes } ? plan.For(shape, classes) : plan.Usual;
            return network.Normalizing(spec.Spec.Normalization);
        }
        catch (NetworkFitException exception)
        {
            throw new NotRegisteredException($"the network that federation '{spec.Id}' was started with is not known here: {exception.Message}");
        }
    }
}
