using System.Collections.Frozen;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.Orchestrator.Selecting;

/// <summary>The ways of choosing clients that a spec can name: the built-in ones, and those that the host has added.</summary>
/// <param name="added">The host's.</param>
public sealed class SelectionRegistry(IEnumerable<ClientSelection> added) : ISpecAlternatives
{
    private static readonly ClientSelection[] BuiltIn = [Uniform.Selection, ByExamples.Selection, RoundRobin.Selection, BySpeed.Selection];

    private readonly FrozenDictionary<string, ClientSelection> selections =
        BuiltIn.Concat(added).ToFrozenDictionary(selection => selection.Name, StringComparer.Ordinal);

    /// <summary>This build's.</summary>
    public SelectionRegistry()
        : this([])
    {
    }

    string ISpecAlternatives.Field => "selection";

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives =>
        [.. selections.Values.OrderBy(one => one.Name, StringComparer.Ordinal).Select(one => new SpecAlternative(one.Name, one.Options) { Package = PackageVersion.OfCode(one.Create) })];

    /// <summary>How a spec's clients are chosen.</summary>
    /// <exception cref="NotRegisteredException">There is no such way in this build.</exception>
    public ISelectionRule For(FederationSpec spec) => selections.TryGetValue(spec.Selection.Name, out var selection)
        ? selection.Create(spec.Selection)
        : throw NotRegisteredException.Of("selection", spec.Selection.Name, selections.Keys);
}

/// <summary>Adds ways of choosing clients to a host.</summary>
public static class SelectionServices
{
    /// <summary>Adds the registry: the built-in ways, and each <see cref="ClientSelection"/> among the host's services.</summary>
    public static IServiceCollection AddSelections(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new SelectionRegistry(provider.GetServices<ClientSelection>()));
        return services.AddSpecAlternatives<SelectionRegistry>();
    }
}
