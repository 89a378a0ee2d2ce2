using FlDurable.Shared.Networks;
using FlDurable.Shared.Randomness;

namespace FlDurable.ClientActivities;

/// <summary>
/// Which values the dropout layers keep, the same for every engine: a function of the federation's seed, the round, the client, the step
/// and the layer. Factors are drawn in the order of <c>[group of 16 images][channel, y, x][16 images]</c>, the last group to its end.
/// </summary>
/// <param name="seed">The federation's seed.</param>
/// <param name="round">The round.</param>
/// <param name="client">The client's index.</param>
internal sealed class DropoutNoise(long seed, int round, int client)
{
    private const double Words = 1L << 32;

    private readonly RandomStream steps = new(seed, RandomPurpose.Dropout, round, client);
    private readonly Dictionary<int, RandomStream> layers = [];
    private long key;

    /// <summary>Begins a step.</summary>
    public void NextStep()
    {
        key = ((long)steps.NextUInt32() << 32) | steps.NextUInt32();
        layers.Clear();
    }

    /// <summary>Draws a layer's next factors of this step: 0, or what a kept value is multiplied by.</summary>
    /// <param name="index">The layer's index among the network's dropout layers.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="factors">Where they go.</param>
    public void DrawNext(int index, Dropout layer, Span<float> factors)
    {
        if (!layers.TryGetValue(index, out var random))
            layers.Add(index, random = new RandomStream(key, RandomPurpose.Dropout, index));
        var dropped = (ulong)(layer.Probability * Words);
        foreach (ref var factor in factors)
            factor = random.NextUInt32() < dropped ? 0 : layer.Factor;
    }
}
