using FlDurable.Shared.Datasets;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Attacks;

/// <summary>
/// Each hostile client trains on wrong labels, of C classes C − 1 − y in place of y, and sends what comes of that (Fang, Cao, Jia and Gong, "Local
/// Model Poisoning Attacks to Byzantine-Robust Federated Learning", USENIX Security 2020, §5.1).
/// </summary>
internal sealed class LabelFlip : IAttack
{
    public static Attack Attack { get; } = new("labelflip", _ => new LabelFlip());

    public ImageExamples Poison(ImageExamples own, RandomStream random)
    {
        var records = new byte[own.Count * own.RecordLength];
        own.CopyRecords(records);
        for (var image = 0; image < own.Count; image++)
            records[image * own.RecordLength] = (byte)(own.Classes - 1 - own.Label(image));
        return new ImageExamples(records, own.Shape, own.Classes);
    }
}
