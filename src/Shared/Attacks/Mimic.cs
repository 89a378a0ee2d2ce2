using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Attacks;

/// <summary>
/// All hostile clients send what the first honest client does, whose images then count for more than their share: nothing of it stands out
/// (Karimireddy, He and Jaggi, "Byzantine-Robust Learning on Heterogeneous Datasets via Bucketing", ICLR 2022, §3.2).
/// </summary>
internal sealed class Mimic : IAttack
{
    public static Attack Attack { get; } = new("mimic", _ => new Mimic());

    public bool ChangesUpdates => true;

    public bool LooksAtOthers => true;

    public void Send(Span<double> change, HonestChanges others, RandomStream random) => others.First.CopyTo(change);
}
