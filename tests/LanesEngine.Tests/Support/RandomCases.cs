using CsCheck;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;

namespace FlDurable.LanesEngine.Tests.Support;

/// <summary>Networks of every layer in random shapes, and images for them.</summary>
internal static class RandomCases
{
    public static readonly IReadOnlyList<int> BatchSizes = [1, 7, 16, 31, 32, 33];

    public static readonly Gen<Network> Networks =
        from input in Gen.Select(Gen.Int[1, 3], Gen.Int[4, 9], Gen.Int[4, 9], (channels, height, width) => new ImageShape(channels, height, width))
        from blocks in Gen.Int[0, 2]
        from draws in Gen.Int[0, int.MaxValue].Array[100]
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

    /// <summary>
    /// Random parameters. Normalisations, which begin as if they were not there, have some, too: behind nothing but dead rectifiers they would
    /// make an exact 0, which is a kink.
    /// </summary>
    public static ModelParameters Parameters(Network network, int seed)
    {
        var random = new Random(seed);
        var parameters = network.Initialize(seed);
        foreach (var norm in network.AllLayers.OfType<ParametricLayer>().Where(layer => layer is GroupNorm or BatchNorm2d))
        {
            foreach (var name in (string[])[norm.WeightName, norm.BiasName])
            {
                foreach (ref var value in parameters.Tensor(name))
                    value += random.NextSingle() - 0.5f;
            }
        }

        return parameters;
    }

    /// <summary>Parameters of which some have become the next larger or the next smaller number.</summary>
    public static float[] RoundedAnew(float[] parameters, int seed)
    {
        var random = new Random(seed);
        return [.. parameters.Select(value => random.Next(3) switch { 0 => float.BitDecrement(value), 1 => value, _ => float.BitIncrement(value) })];
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

        Conv2d Convolution(string name, int mostStride)
        {
            var groups = Draw(3) == 0 && shape.Channels % 2 == 0 ? 2 : 1;
            var padding = Draw(3);
            var kernel = 1 + Draw(Math.Min(5, Math.Min(shape.Height, shape.Width) + 2 * padding));
            return new Conv2d(name, shape.Channels, groups * (1 + Draw(8 / groups)), kernel, padding, 1 + Draw(mostStride), groups, Bias: Draw(4) > 0);
        }

        void AddPooling()
        {
            var size = 1 + Draw(3);
            if (Math.Min(shape.Height, shape.Width) < size)
                return;
            var (stride, padding) = (Draw(4), Draw(1 + size / 2));
            Add(Draw(3) > 0 ? new MaxPool2d(size, stride, padding) : new AvgPool2d(size, stride, padding, CountPadding: Draw(2) == 0));
        }

        // Of few values a variance may be next to nothing, which magnifies what single precision has lost.
        void AddNorm(string name)
        {
            if (shape.Length >= 16 && Draw(2) == 0)
                Add(new GroupNorm(name, shape.Channels % 2 == 0 && shape.Length >= 32 ? 1 + Draw(2) : 1, shape.Channels));
        }

        if (Draw(4) == 0)
            Add(new MaxPool2d(2));
        for (var block = 1; block <= blocks; block++)
        {
            Add(Convolution($"conv{block}", mostStride: 3));
            AddNorm($"norm{block}");
            if (Draw(3) > 0)
                Add(new ReLU());
            if (Draw(2) == 0)
                AddPooling();
            if (Draw(3) == 0)
                Add(new ReLU());
            if (Draw(3) == 0)
                Add(Block(shape, $"block{block}", project: Draw(2) == 0, draws));
            if (Draw(2) == 0)
                Add(new ReLU());
        }

        if (Draw(4) == 0)
            Add(new GlobalAvgPool2d());
        Add(new Flatten());
        if (Draw(2) == 0)
        {
            Add(new Linear("hidden", shape.Length, 1 + Draw(80)));
            if (Draw(3) > 0)
                Add(new ReLU());
        }

        Add(new Linear("classes", shape.Length, 2 + Draw(9), Bias: Draw(4) > 0));
        return new Network("random", input, layers);
    }

    private static Residual Block(ImageShape shape, string name, bool project, Queue<int> draws)
    {
        var channels = project ? 1 + draws.Dequeue() % 6 : shape.Channels;
        var body = new List<Layer> { new Conv2d($"{name}.conv1", shape.Channels, 4, 3, Padding: 1) };
        if (shape.Length >= 16)
            body.Add(new GroupNorm($"{name}.norm1", 1, 4));
        if (draws.Dequeue() % 2 == 0)
            body.Add(new ReLU());
        var stride = project ? 1 + draws.Dequeue() % 2 : 1;
        body.Add(new Conv2d($"{name}.conv2", 4, channels, 3, Padding: 1, stride));
        return new Residual(name, body, project ? [new Conv2d($"{name}.projection", shape.Channels, channels, 1, Padding: 0, stride, Bias: false)] : []);
    }
}
