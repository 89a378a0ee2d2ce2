using CsCheck;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine.Tests.Support;

/// <summary>Networks of every layer in random shapes, and images for them.</summary>
internal static class RandomCases
{
    public static readonly IReadOnlyList<int> BatchSizes = [1, 7, 16, 31, 32, 33];

    public static readonly Gen<Network> Networks =
        from input in Gen.Select(Gen.Int[1, 3], Gen.Int[4, 9], Gen.Int[4, 9], (channels, height, width) => new ImageShape(channels, height, width))
        from blocks in Gen.Int[0, 2]
        from draws in Gen.Int[0, int.MaxValue].Array[40]
        select Build(input, blocks, new Queue<int>(draws));

    public static readonly Gen<(Network Network, int Batch, int Seed)> Cases =
        Gen.Select(Networks, Gen.OneOf([.. BatchSizes]), Gen.Int[0, 1_000_000], (network, batch, seed) => (network, batch, seed));

    /// <summary>Random pixels and labels.</summary>
    public static ImageExamples Examples(ImageShape shape, int classes, int count, int seed)
    {
        var random = new Random(seed);
        var records = new byte[count * (1 + shape.Length)];
        random.NextBytes(records);
        for (var image = 0; image < count; image++)
            records[image * (1 + shape.Length)] = (byte)random.Next(classes);
        return new ImageExamples(records, shape, classes);
    }

    private static Network Build(ImageShape input, int blocks, Queue<int> draws)
    {
        int Draw(int bound) => draws.Dequeue() % bound;
        var layers = new List<Layer>();
        var shape = input;
        void Add(Layer layer)
        {
            shape = layer.OutputShape(shape);
            layers.Add(layer);
        }

        if (Draw(4) == 0)
            Add(new MaxPool2d(2));
        for (var block = 1; block <= blocks; block++)
        {
            var padding = Draw(3);
            var kernel = 1 + Draw(Math.Min(5, Math.Min(shape.Height, shape.Width) + 2 * padding));
            Add(new Conv2d($"conv{block}", shape.Channels, 1 + Draw(8), kernel, padding));
            if (Draw(3) > 0)
                Add(new ReLU());
            var pooling = 1 + Draw(3);
            if (pooling > 1 && Math.Min(shape.Height, shape.Width) >= pooling)
                Add(new MaxPool2d(pooling));
            if (Draw(3) == 0)
                Add(new ReLU());
        }

        Add(new Flatten());
        if (Draw(2) == 0)
        {
            Add(new Linear("hidden", shape.Length, 1 + Draw(80)));
            if (Draw(3) > 0)
                Add(new ReLU());
        }

        Add(new Linear("classes", shape.Length, 2 + Draw(9)));
        return new Network("random", input, layers);
    }
}
