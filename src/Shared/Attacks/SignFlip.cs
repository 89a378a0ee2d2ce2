using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Attacks;

/// <summary>Each hostile client sends its own change the other way, and so many times: u ← −factor · u.</summary>
/// <param name="factor">1 by default.</param>
internal sealed class SignFlip(double factor) : IAttack
{
    private static readonly NumberField Factor =
        new("factor", "How many times as long what it sends is.", new NumberRange(0, 1e6) { IsAboveLeast = true }) { Default = 1 };

    public static Attack Attack { get; } = new("signflip", choice => new SignFlip(choice.Of(Factor))) { Options = [Factor] };

    public bool ChangesUpdates => true;

    public void Send(Span<double> change, HonestChanges others, RandomStream random)
    {
        foreach (ref var value in change)
            value *= -factor;
    }
}
