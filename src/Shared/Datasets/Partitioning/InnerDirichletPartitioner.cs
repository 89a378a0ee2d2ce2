using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>
/// Each client has a size of its own, and a mix of classes drawn from a Dirichlet distribution (Acar et al., "Federated learning based on
/// dynamic regularization", ICLR 2021). As Flower's <c>InnerDirichletPartitioner</c>: images are drawn one by one for clients in random order; a
/// class that has run out leaves every client's mix.
/// </summary>
/// <param name="alpha">The concentration, above 0: the smaller, the fewer classes a client has.</param>
/// <param name="partitionSizes">For each client how many images; null: as many for each as <see cref="IidPartitioner"/> gives.</param>
public sealed class InnerDirichletPartitioner(double alpha = 0.5, IReadOnlyList<int>? partitionSizes = null) : IPartitioner
{
    private static readonly NumberField Alpha =
        new("alpha", "The concentration: the smaller, the fewer classes a client has.", new NumberRange(0, 1e6) { IsAboveLeast = true }) { Default = 0.5 };

    private static readonly NumbersField PartitionSizes =
        new("partitionSizes", "For each client how many images it gets; empty: as many for each, the first ones one more.", new NumberRange(1, int.MaxValue)) { IsWhole = true, Default = [] };

    /// <summary>As specs name it.</summary>
    public static Partitioner Named { get; } = new(
        "innerdirichlet", choice => new InnerDirichletPartitioner(choice.Of(Alpha), choice.Of(PartitionSizes) is { Count: > 0 } sizes ? [.. sizes.Select(size => (int)size)] : null))
    {
        Options = [Alpha, PartitionSizes],
    };

    /// <inheritdoc/>
    public string Name => "innerdirichlet";

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Partition(TrainingImages images)
    {
        Parts.RequireImageForEach(images);
        var sizes = partitionSizes ?? SizedPartitioner.Even(images.Labels.Length, images.Clients);
        SizePartitioner.RequireSizes(sizes, images.Labels.Length, images.Clients);
        var random = new RandomStream(images.Seed, RandomPurpose.Partitioning);
        var byClass = new ImagesByClass(images, random);
        var left = Enumerable.Range(0, byClass.Count).Select(label => byClass[label].Length).ToArray();
        var mixes = sizes.Select(_ => new double[byClass.Count]).ToArray();
        foreach (var mix in mixes)
            random.NextDirichlet(alpha, mix);

        var parts = new Parts(images.Clients);
        foreach (var client in InRandomOrder(sizes, random))
        {
            var label = DrawClass(mixes[client], left, random);
            left[label]--;
            parts.Add(client, byClass[label].Slice(left[label], 1));
        }

        return parts.Shuffled(random, "");
    }

    /// <summary>Each client as often as it has images.</summary>
    private static int[] InRandomOrder(IReadOnlyList<int> sizes, RandomStream random)
    {
        int[] turns = [.. sizes.SelectMany((size, client) => Enumerable.Repeat(client, size))];
        random.Shuffle(turns.AsSpan());
        return turns;
    }

    /// <summary>A class of which there are images, by a client's mix; where nothing of the mix is left, by what is there.</summary>
    private static int DrawClass(ReadOnlySpan<double> mix, ReadOnlySpan<int> left, RandomStream random)
    {
        var sum = 0.0;
        for (var label = 0; label < mix.Length; label++)
            sum += left[label] > 0 ? mix[label] : 0;
        var byMix = sum > 0;
        if (!byMix)
        {
            foreach (var images in left)
                sum += images;
        }

        var drawn = random.NextDouble() * sum;
        var last = -1;
        for (var label = 0; label < mix.Length; label++)
        {
            if (left[label] == 0 || (byMix && mix[label] == 0))
                continue;
            last = label;
            drawn -= byMix ? mix[label] : left[label];
            if (drawn < 0)
                break;
        }

        return last;
    }
}
