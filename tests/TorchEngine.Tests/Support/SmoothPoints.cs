using FlDurable.LanesEngine.Tests.Support;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.TorchEngine.Tests.Support;

/// <summary>
/// Images at which a network's loss has a derivative. Nearer to a kink (a rectifier's input of 0, two largest values in a pooling window)
/// than single precision resolves, two engines may rightly be on different sides of it. The same goes for two largest logits, of which one is
/// the network's answer.
/// </summary>
internal static class SmoothPoints
{
    private const double NearestKink = 2e-6;
    private const double NearestAnswers = 1e-4;
    private const int MostDrawsPerImage = 50;

    /// <summary>Takes images that are drawn one by one, but for those too near to a kink.</summary>
    /// <returns>Null where almost every image is at one: pooled padding, for instance, is all equal.</returns>
    public static ImageExamples? Choose(Network network, float[] parameters, int count, Func<int, ImageExamples> draw)
    {
        double[] values = [.. parameters.Select(value => (double)value)];
        var records = new List<byte>();
        var chosen = 0;
        for (var drawn = 0; chosen < count; drawn++)
        {
            if (drawn >= MostDrawsPerImage * (chosen + 1))
                return null;
            var image = draw(drawn);
            var reference = new ReferenceNetwork(network, values);
            double[] logits = [.. reference.Logits(image.Pixels(0).ToArray()).OrderDescending()];
            if (reference.NearestKink < NearestKink || logits[0] - logits[1] < NearestAnswers)
                continue;
            records.AddRange(image.Record(0));
            chosen++;
        }

        return new ImageExamples(records.ToArray(), network.Input, network.Classes);
    }
}
