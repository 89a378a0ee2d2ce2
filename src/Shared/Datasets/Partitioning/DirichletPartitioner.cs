using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>
/// Each class is divided among the clients by shares that are drawn from a Dirichlet distribution (Hsu, Qi and Brown, "Measuring the effects
/// of non-identical data distribution for federated visual classification", 2019; Yurochkin et al. 2019). As Flower's <c>DirichletPartitioner</c>:
/// where a client gets too few images, all is drawn again.
/// </summary>
/// <param name="alpha">The concentration, above 0: the smaller, the fewer classes a client has.</param>
/// <param name="minPartitionSize">How many images a client must have at least.</param>
/// <param name="selfBalancing">Whether a client that has its nth part of all images gets none of the classes after it.</param>
public sealed class DirichletPartitioner(double alpha = 0.5, int minPartitionSize = 10, bool selfBalancing = false) : IPartitioner
{
    private const int MaxDraws = 11;

    private static readonly NumberField Alpha =
        new("alpha", "The concentration: the smaller, the fewer classes a client has.", new NumberRange(0, 1e6) { IsAboveLeast = true }) { Default = 0.5 };

    private static readonly WholeNumberField MinPartitionSize =
        new("minPartitionSize", "So many images every client has; where one gets fewer, all is drawn again.", 0, int.MaxValue) { Default = 10 };

    private static readonly FlagField SelfBalancing =
        new("selfBalancing", "Whether a client that has its nth part of all images gets none of the classes after it.") { Default = false };

    /// <summary>As specs name it.</summary>
    public static Partitioner Named { get; } = new(
        "dirichlet", choice => new DirichletPartitioner(choice.Of(Alpha), (int)choice.Of(MinPartitionSize), choice.Of(SelfBalancing)))
    {
        Options = [Alpha, MinPartitionSize, SelfBalancing],
    };

    /// <inheritdoc/>
    public string Name => "dirichlet";

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Partition(TrainingImages images)
    {
        Parts.RequireImageForEach(images);
        var random = new RandomStream(images.Seed, RandomPurpose.Partitioning);
        var byClass = new ImagesByClass(images, random);
        var least = Math.Max(1, minPartitionSize);
        var largestSmallest = 0;
        for (var draw = 0; draw < MaxDraws; draw++)
        {
            var parts = Draw(byClass, images, random);
            var smallest = parts.Sizes.Min();
            if (smallest >= least)
                return parts.Shuffled(random, "");
            largestSmallest = Math.Max(largestSmallest, smallest);
        }

        throw Parts.Refused(FormattableString.Invariant(
            $"dirichlet: in {MaxDraws} draws with alpha {alpha} a client always had fewer than {least:N0} of {images.Labels.Length:N0} images, at best {largestSmallest:N0}; ") +
            $"expected a larger alpha, {(least > 1 ? "a smaller minPartitionSize, " : "")}fewer clients or another seed");
    }

    private Parts Draw(ImagesByClass byClass, TrainingImages images, RandomStream random)
    {
        var parts = new Parts(images.Clients);
        var shares = new double[images.Clients];
        var average = (double)images.Labels.Length / images.Clients;
        for (var label = 0; label < byClass.Count; label++)
        {
            random.NextDirichlet(alpha, shares);
            if (selfBalancing)
                LeaveOutFull(shares, parts, average, random);
            Deal(byClass[label], shares, parts);
        }

        return parts;
    }

    /// <summary>
    /// Shares are measured by what those have together that are not full: one of them at least is not. With a small α that may be too little for
    /// a double, and they draw among themselves: shares of a part of the clients have a Dirichlet distribution with the same α.
    /// </summary>
    private void LeaveOutFull(Span<double> shares, Parts parts, double average, RandomStream random)
    {
        var left = 0.0;
        for (var client = 0; client < shares.Length; client++)
        {
            if (parts.SizeOf(client) >= average)
                shares[client] = 0;
            left += shares[client];
        }

        if (left > 0)
        {
            foreach (ref var share in shares)
                share /= left;
            return;
        }

        int[] open = [.. Enumerable.Range(0, shares.Length).Where(client => parts.SizeOf(client) < average)];
        var drawn = new double[open.Length];
        random.NextDirichlet(alpha, drawn);
        foreach (var (index, client) in open.Index())
            shares[client] = drawn[index];
    }

    private static void Deal(ReadOnlySpan<int> images, ReadOnlySpan<double> shares, Parts parts)
    {
        var (sum, first) = (0.0, 0);
        for (var client = 0; client < shares.Length; client++)
        {
            sum += shares[client];
            var end = client == shares.Length - 1 ? images.Length : Math.Clamp((int)(sum * images.Length), first, images.Length);
            parts.Add(client, images[first..end]);
            first = end;
        }
    }
}
