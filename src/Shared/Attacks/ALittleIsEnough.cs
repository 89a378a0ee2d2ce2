using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Attacks;

/// <summary>
/// All hostile clients send what is just within the honest clients' spread, u ← mean + τ s with s the standard deviation of each parameter's
/// change (Baruch, Baruch and Goldberg, "A Little Is Enough: Circumventing Defenses For Distributed Learning", NeurIPS 2019). A τ below 0 goes the
/// other way, as in the authors' code.
/// </summary>
/// <param name="tau">τ, 1.5 by default.</param>
internal sealed class ALittleIsEnough(double tau) : IAttack
{
    private static readonly NumberField Tau =
        new("tau", "How many of the honest clients' standard deviations it is from their mean.", new NumberRange(-1e6, 1e6)) { Default = 1.5 };

    public static Attack Attack { get; } = new("alie", choice => new ALittleIsEnough(choice.Of(Tau))) { Options = [Tau] };

    public bool ChangesUpdates => true;

    public bool LooksAtOthers => true;

    public void Send(Span<double> change, HonestChanges others, RandomStream random)
    {
        for (var index = 0; index < change.Length; index++)
            change[index] = others.Mean[index] + (tau * others.Deviation(index));
    }
}
