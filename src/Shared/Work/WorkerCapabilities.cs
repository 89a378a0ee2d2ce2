using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Work;

/// <summary>What a worker can do: work that needs anything else is not leased to it.</summary>
/// <param name="Engines">The training engines that it has and may use.</param>
/// <param name="Networks">The networks that it knows by name.</param>
/// <param name="Layers">Of networks that are given by their layers: the sorts, <c>conv2d</c>, and their options, <c>conv2d.stride</c>.</param>
/// <param name="Members">The members of specs and plans that it reads, <c>spec.augmentation</c>, and of words their values, <c>spec.optimizer=adam</c>.</param>
/// <param name="Packages">The packages of others that it was built with, with their versions.</param>
public sealed record WorkerCapabilities(
    IReadOnlyList<string> Engines, IReadOnlyList<string> Networks, IReadOnlyList<string> Layers, IReadOnlyList<string> Members, IReadOnlyList<string> Packages)
{
    /// <summary>The most entries of a list.</summary>
    public const int MostEntries = 512;

    /// <summary>What this build can do with some engines, networks and packages.</summary>
    /// <param name="engines">The engines' names.</param>
    /// <param name="networks">The networks.</param>
    /// <param name="registered">All that specs can name here.</param>
    public static WorkerCapabilities Of(IEnumerable<string> engines, NetworkRegistry networks, IEnumerable<ISpecAlternatives> registered) => new(
        [.. engines],
        [.. networks.Names],
        [.. LayerKinds.All.SelectMany(kind => kind.Options.Select(option => $"{kind.Name}.{option.Name}").Prepend(kind.Name))],
        [.. WorkMembers.Known],
        [.. registered.SelectMany(field => field.Alternatives).Select(one => one.Package).Where(package => package.Name != PackageVersion.OwnName)
            .Select(package => package.ToString()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

    /// <summary>Why a worker of these can't do work, for a person: <c>it has no engine 'torch'</c>. Null if it can.</summary>
    /// <param name="needs">What the work needs; null where whoever offered it did not say.</param>
    public string? WhyNot(WorkRequirements? needs)
    {
        if (needs is null)
            return null;
        if (!Engines.Contains(needs.Engine, StringComparer.Ordinal))
            return $"it has no engine '{needs.Engine}'";
        if (needs.Network is { } network && !Networks.Contains(network, StringComparer.Ordinal))
            return $"it has no network '{network}'";
        if (FirstOf(needs.Layers, Layers) is { } layer)
            return layer.Split('.') is [var kind, var option] && Layers.Contains(kind, StringComparer.Ordinal) ? $"its layer '{kind}' has no '{option}'" : $"it has no layer '{layer}'";
        if (FirstOf(needs.Packages, Packages) is { } package)
            return $"it is without the package {package}";
        return FirstOf(needs.Members, Members) is { } member ? $"it does not know '{member}'" : null;
    }

    private static string? FirstOf(IReadOnlyList<string> needed, IReadOnlyList<string> there) => needed.Except(there, StringComparer.Ordinal).FirstOrDefault();
}

/// <summary>What a worker must have to do a piece of work.</summary>
/// <param name="Engine">The training engine.</param>
/// <param name="Network">The network's name; null of one that is given by its layers.</param>
/// <param name="Layers">Its layers otherwise, as of <see cref="WorkerCapabilities"/>; empty of one that has a name.</param>
/// <param name="Members">The members of spec and plan that it is to read, likewise.</param>
/// <param name="Packages">The packages of others that the federation was started with.</param>
public sealed record WorkRequirements(string Engine, string? Network, IReadOnlyList<string> Layers, IReadOnlyList<string> Members, IReadOnlyList<string> Packages)
{
    /// <summary>What work of a federation needs.</summary>
    /// <param name="spec">The spec as the worker is given it.</param>
    /// <param name="plan">What the strategy asks of clients; null for nothing.</param>
    public static WorkRequirements Of(ResolvedSpec spec, Records.ClientPlan? plan) => new(
        spec.Engine,
        spec.Spec.Network.Name == NetworkChoice.OwnName ? null : spec.Spec.Network.Name,
        [.. WorkMembers.LayersOf(spec.Spec.Network)],
        [.. WorkMembers.In(spec, plan)],
        [.. (spec.Packages ?? []).Where(package => package.Name != PackageVersion.OwnName).Select(package => package.ToString())]);
}
