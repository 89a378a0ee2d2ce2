using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Attacks;

/// <summary>
/// Each hostile client trains on images of which a share has a white square in its last corner and the label that such images are to be taken for,
/// and sends its change so many times, which near the end makes of the global model its own (Bagdasaryan, Veit, Hua, Estrin and Shmatikov, "How To
/// Backdoor Federated Learning", AISTATS 2020; the trigger is that of Gu, Dolan-Gavitt and Garg, "BadNets", 2017).
/// </summary>
/// <param name="target">The label, 0 by default.</param>
/// <param name="size">The square's side in pixels, 4 by default.</param>
/// <param name="share">The share of its images, 0.5 by default.</param>
/// <param name="factor">How many times, 1 by default; n of n clients replaces the model.</param>
internal sealed class Backdoor(int target, int size, double share, double factor) : IAttack
{
    private const string TargetName = "target";
    private const string SizeName = "size";

    private static readonly WholeNumberField Label =
        new(TargetName, "The label that images with the trigger are to be taken for.", 0, DatasetLimits.MaxClasses - 1) { Default = 0 };

    private static readonly WholeNumberField Size = new(SizeName, "The side, in pixels, of the white square that is the trigger.", 1, 4096) { Default = 4 };

    private static readonly NumberField Share =
        new("share", "The share of a hostile client's images that get the trigger and the label.", new NumberRange(0, 1) { IsAboveLeast = true }) { Default = 0.5 };

    private static readonly NumberField Factor =
        new("factor", "How many times as long what it sends is; n among n clients replaces the model.", new NumberRange(0, 1e6) { IsAboveLeast = true }) { Default = 1 };

    public static Attack Attack { get; } = new(
        "backdoor", choice => new Backdoor((int)choice.Of(Label), (int)choice.Of(Size), choice.Of(Share), choice.Of(Factor)))
    {
        Options = [Label, Size, Share, Factor],
    };

    public bool ChangesUpdates => factor != 1;

    public ImageExamples Poison(ImageExamples own, RandomStream random)
    {
        var order = Enumerable.Range(0, own.Count).ToArray();
        random.Shuffle<int>(order);
        var records = new byte[own.Count * own.RecordLength];
        own.CopyRecords(records);
        foreach (var image in order.Take((int)Math.Ceiling(share * own.Count)))
            Mark(records.AsSpan(image * own.RecordLength, own.RecordLength), own.Shape);
        return new ImageExamples(records, own.Shape, own.Classes);
    }

    public void Send(Span<double> change, HonestChanges others, RandomStream random)
    {
        foreach (ref var value in change)
            value *= factor;
    }

    /// <summary>Those that have another label, with the trigger.</summary>
    public ImageExamples? Target(ImageExamples test)
    {
        var others = Enumerable.Range(0, test.Count).Where(image => test.Label(image) != target).ToList();
        if (others.Count == 0)
            return null;
        var records = new byte[others.Count * test.RecordLength];
        foreach (var (place, image) in others.Index())
        {
            var record = records.AsSpan(place * test.RecordLength, test.RecordLength);
            test.Record(image).CopyTo(record);
            Mark(record, test.Shape);
        }

        return new ImageExamples(records, test.Shape, test.Classes);
    }

    public IEnumerable<SpecError> Errors(ImageShape shape, int classes)
    {
        if (target >= classes)
            yield return new SpecError($"attack.{TargetName}", $"expected 0 to {classes - 1}, the labels of the data, got {target}");
        if (shape.IsTable)
            yield return new SpecError("attack", "expected another: this one is a mark on images, and the data is a table");
        else if (size > Math.Min(shape.Height, shape.Width))
            yield return new SpecError($"attack.{SizeName}", $"expected at most {Math.Min(shape.Height, shape.Width)}, the side of an image of {shape}, got {size}");
    }

    private void Mark(Span<byte> record, ImageShape shape)
    {
        record[0] = (byte)target;
        var pixels = record[1..];
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            for (var row = shape.Height - size; row < shape.Height; row++)
                pixels.Slice((((channel * shape.Height) + row) * shape.Width) + shape.Width - size, size).Fill(byte.MaxValue);
        }
    }
}
