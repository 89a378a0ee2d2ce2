using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Attacks;

/// <summary>Each hostile client sends independent normal numbers in place of its change: u ← N(0, sigma²).</summary>
/// <param name="sigma">1 by default.</param>
internal sealed class Gaussian(double sigma) : IAttack
{
    private static readonly NumberField Sigma =
        new("sigma", "The standard deviation of each number that it sends.", new NumberRange(0, 1e6) { IsAboveLeast = true }) { Default = 1 };

    public static Attack Attack { get; } = new("gaussian", choice => new Gaussian(choice.Of(Sigma))) { Options = [Sigma] };

    public bool ChangesUpdates => true;

    public void Send(Span<double> change, HonestChanges others, RandomStream random)
    {
        foreach (ref var value in change)
            value = sigma * random.NextNormal();
    }
}
