using System.Collections.Frozen;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.Shared.Attacks;

/// <summary>The attacks that a spec can name: the built-in ones, and those that the host has added.</summary>
/// <param name="added">The host's.</param>
public sealed class AttackRegistry(IEnumerable<Attack> added) : ISpecAlternatives
{
    private static readonly Attack[] BuiltIn =
        [SignFlip.Attack, Gaussian.Attack, LabelFlip.Attack, InnerProductManipulation.Attack, ALittleIsEnough.Attack, Mimic.Attack, Backdoor.Attack];

    private readonly FrozenDictionary<string, Attack> attacks = BuiltIn.Concat(added).ToFrozenDictionary(attack => attack.Name, StringComparer.Ordinal);

    /// <summary>This build's attacks.</summary>
    public AttackRegistry()
        : this([])
    {
    }

    string ISpecAlternatives.Field => "attack";

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives =>
    [
        new(FederationSpec.NoAttack),
        .. attacks.Values.OrderBy(attack => attack.Name, StringComparer.Ordinal).Select(attack =>
            new SpecAlternative(attack.Name, [HostileClients.Count, HostileClients.Named, .. attack.Options])
            {
                Errors = HostileClients.Errors,
                Package = PackageVersion.OfCode(attack.Create),
            }),
    ];

    /// <summary>What a spec's hostile clients do; null where there are none.</summary>
    /// <exception cref="NotRegisteredException">There is no such attack in this build.</exception>
    public IAttack? Find(FederationSpec spec)
    {
        if (!spec.IsAttacked())
            return null;
        return attacks.TryGetValue(spec.Attack.Name, out var attack) ? attack.Create(spec.Attack) : throw NotRegisteredException.Of("attack", spec.Attack.Name, attacks.Keys);
    }

    /// <summary>Checks a spec's attack against what its data is found to be.</summary>
    /// <exception cref="InvalidSpecException">They don't go together.</exception>
    public void Check(FederationSpec spec, ImageShape shape, int classes)
    {
        if (Find(spec)?.Errors(shape, classes).ToList() is { Count: > 0 } errors)
            throw new InvalidSpecException(errors);
    }
}

/// <summary>Adds attacks to a host.</summary>
public static class AttackServices
{
    /// <summary>Adds the registry of attacks: the built-in ones, and each <see cref="Attack"/> among the host's services.</summary>
    public static IServiceCollection AddAttacks(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new AttackRegistry(provider.GetServices<Attack>()));
        return services.AddSpecAlternatives<AttackRegistry>();
    }
}
