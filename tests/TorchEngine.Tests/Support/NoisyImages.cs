using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.TorchEngine.Tests.Support;

/// <summary>
/// Noise with a brighter band across; its height is the class. A network learns them, but not at once, and never all: one label in eight
/// is any, so that losses stay well above 0.
/// </summary>
internal static class NoisyImages
{
    public static ImageExamples Draw(Network network, int count, int seed)
    {
        var random = new Random(seed);
        var shape = network.Input;
        var records = new byte[count * (1 + shape.Length)];
        random.NextBytes(records);
        for (var image = 0; image < count; image++)
        {
            var record = records.AsSpan(image * (1 + shape.Length), 1 + shape.Length);
            var band = random.Next(network.Classes);
            record[0] = (byte)(random.Next(8) == 0 ? random.Next(network.Classes) : band);
            for (var pixel = 0; pixel < shape.Length; pixel++)
            {
                var row = pixel / shape.Width % shape.Height;
                record[1 + pixel] = (byte)(record[1 + pixel] * 3 / 4 + (row * network.Classes / shape.Height == band ? 60 : 0));
            }
        }

        return new ImageExamples(records, shape, network.Classes);
    }
}
