using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Attacks;

/// <summary>
/// All hostile clients send the honest clients' mean the other way, u ← −τ · mean, so that the product of what is sent with where it should go is
/// small or negative (Xie, Koyejo and Gupta, "Fall of Empires: Breaking Byzantine-tolerant SGD by Inner Product Manipulation", UAI 2019).
/// </summary>
/// <param name="tau">τ, 2 by default.</param>
internal sealed class InnerProductManipulation(double tau) : IAttack
{
    private static readonly NumberField Tau =
        new("tau", "How many times as long as the honest clients' mean what it sends is.", new NumberRange(0, 1e6) { IsAboveLeast = true }) { Default = 2 };

    public static Attack Attack { get; } = new("ipm", choice => new InnerProductManipulation(choice.Of(Tau))) { Options = [Tau] };

    public bool ChangesUpdates => true;

    public bool LooksAtOthers => true;

    public void Send(Span<double> change, HonestChanges others, RandomStream random)
    {
        for (var index = 0; index < change.Length; index++)
            change[index] = -tau * others.Mean[index];
    }
}
