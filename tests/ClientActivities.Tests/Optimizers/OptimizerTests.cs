using CsCheck;
using FlDurable.ClientActivities.Optimizers;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.ClientActivities.Tests.Optimizers;

public sealed unsafe class OptimizerTests
{
    private const int Length = 37;

    private static readonly Gen<TrainingOptions> Options = Gen.Select(
        Gen.OneOf(OptimizerKind.Adam, OptimizerKind.Sgd),
        Gen.Float[1e-4f, 0.1f],
        Gen.Float[0, 0.99f],
        Gen.OneOf(Gen.Const(0f), Gen.Float[0, 0.1f]),
        (kind, learningRate, momentum, weightDecay) => new TrainingOptions(1, kind, learningRate, momentum, weightDecay));

    private static readonly Gen<double> Values = Gen.Double[-1, 1];

    /// <summary>
    /// Where there is nothing but weight decay, Adam makes what is lost of a parameter near 0 grow a million times with each step, until
    /// single and double precision have nothing in common: with it, gradients outweigh it.
    /// </summary>
    private static readonly Gen<(TrainingOptions Options, double[][] Gradients, double[] Start)> StableCases =
        from options in Options
        let least = options is { Optimizer: OptimizerKind.Adam, WeightDecay: > 0 } ? 0.5 : 0
        from gradients in Values.Select(value => value + Math.CopySign(least, value)).Array[Length].Array[1, 30]
        from start in Values.Array[Length]
        select (options, gradients, start);

    [Fact]
    public void Steps_are_those_of_the_published_formulas_in_double_precision() =>
        StableCases.Sample(test =>
        {
            var (options, gradients, start) = test;
            var expected = (double[])start.Clone();
            var reference = Reference(options);
            foreach (var gradient in gradients)
                reference(expected, gradient);

            foreach (var actual in new[] { Run<Lanes16>(options, gradients, start), Run<Lanes8>(options, gradients, start) })
            {
                for (var index = 0; index < Length; index++)
                    Assert.Equal(expected[index], actual[index], 2e-5 * (1 + Math.Abs(expected[index])));
            }
        }, iter: 100);

    /// <summary>The offset outweighs all else: Adam makes much of what is lost of a gradient near 0.</summary>
    [Fact]
    public void What_a_strategy_adds_is_part_of_every_gradient() =>
        Gen.Select(StableCases, Gen.Float[0, 1], Values.Select(value => 8 + value).Array[Length]).Sample((test, proximal, offset) =>
        {
            var (options, gradients, start) = test;
            var expected = (double[])start.Clone();
            var reference = Reference(options);
            foreach (var gradient in gradients)
                reference(expected, [.. Enumerable.Range(0, Length).Select(index => gradient[index] + (proximal * (expected[index] - start[index])) + offset[index])]);
            options = options with
            {
                Term = new GradientTerm(proximal, Array.ConvertAll(start, value => (float)value), Array.ConvertAll(offset, value => (float)value)),
            };

            foreach (var actual in new[] { Run<Lanes16>(options, gradients, start), Run<Lanes8>(options, gradients, start) })
            {
                for (var index = 0; index < Length; index++)
                    Assert.Equal(expected[index], actual[index], 1e-3 * (1 + Math.Abs(expected[index])));
            }
        }, iter: 100);

    [Fact]
    public void Steps_are_the_same_bits_at_both_widths() =>
        Gen.Select(Options, Values.Array[Length].Array[1, 10], Values.Array[Length]).Sample((options, gradients, start) =>
            Assert.Equal(Run<Lanes16>(options, gradients, start), Run<Lanes8>(options, gradients, start)), iter: 100);

    /// <summary>A feature that is never active again, and has no gradient, must leave no subnormal moments behind.</summary>
    [Theory]
    [InlineData(OptimizerKind.Adam)]
    [InlineData(OptimizerKind.Sgd)]
    public void What_fades_is_zero_in_the_end(OptimizerKind kind)
    {
        double[][] gradients = [Gradient(1e-6), .. Enumerable.Repeat(Gradient(0), 1000)];

        Assert.Equal(0, LastStep<Lanes16>(kind, gradients));
        Assert.Equal(0, LastStep<Lanes8>(kind, gradients));
    }

    [Theory]
    [InlineData(OptimizerKind.Adam)]
    [InlineData(OptimizerKind.Sgd)]
    public void What_is_not_a_number_stays_so(OptimizerKind kind)
    {
        double[][] gradients = [Gradient(double.NaN), Gradient(0)];

        Assert.Equal(float.NaN, LastStep<Lanes16>(kind, gradients));
        Assert.Equal(float.NaN, LastStep<Lanes8>(kind, gradients));
    }

    private static double[] Gradient(double value) => [.. Enumerable.Repeat(value, Length)];

    /// <summary>The last step alone: the parameters are 0 before each.</summary>
    private static float LastStep<TLanes>(OptimizerKind kind, double[][] gradients)
        where TLanes : struct, ILanes<TLanes>
    {
        using var memory = new LaneMemory();
        var parameters = memory.Allocate(Length);
        var gradient = memory.Allocate(Length);
        var optimizer = Optimizer.Create<TLanes>(memory, new TrainingOptions(1, kind, LearningRate: 1, Momentum: 0.9f, WeightDecay: 0), Length);
        foreach (var values in gradients)
        {
            Fill(parameters, Gradient(0));
            Fill(gradient, values);
            optimizer.Step(parameters, gradient, Length);
        }

        return Assert.Single(new Span<float>(parameters, Length).ToArray().Distinct());
    }

    private static float[] Run<TLanes>(TrainingOptions options, double[][] gradients, double[] start)
        where TLanes : struct, ILanes<TLanes>
    {
        using var memory = new LaneMemory();
        var parameters = memory.Allocate(Length);
        var gradient = memory.Allocate(Length);
        var optimizer = Optimizer.Create<TLanes>(memory, options, Length, TermMemory.Of(memory, options.Term));
        Fill(parameters, start);
        foreach (var values in gradients)
        {
            Fill(gradient, values);
            optimizer.Step(parameters, gradient, Length);
        }

        return new Span<float>(parameters, Length).ToArray();
    }

    private static void Fill(float* to, double[] values)
    {
        for (var index = 0; index < values.Length; index++)
            to[index] = (float)values[index];
    }

    private static Action<double[], double[]> Reference(TrainingOptions options)
    {
        var step = 0;
        var first = new double[Length];
        var second = new double[Length];
        return (parameters, gradients) =>
        {
            step++;
            for (var index = 0; index < Length; index++)
            {
                var gradient = gradients[index] + options.WeightDecay * parameters[index];
                if (options.Optimizer == OptimizerKind.Sgd)
                {
                    first[index] = options.Momentum * first[index] + gradient;
                    parameters[index] -= options.LearningRate * first[index];
                    continue;
                }

                first[index] = 0.9 * first[index] + 0.1 * gradient;
                second[index] = 0.999 * second[index] + 0.001 * gradient * gradient;
                var mean = first[index] / (1 - Math.Pow(0.9, step));
                var square = second[index] / (1 - Math.Pow(0.999, step));
                parameters[index] -= options.LearningRate * mean / (Math.Sqrt(square) + 1e-8);
            }
        };
    }
}
