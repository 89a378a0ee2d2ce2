using CsCheck;
using FlDurable.ClientActivities;
using FlDurable.LanesEngine.Tests.Support;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;

namespace FlDurable.LanesEngine.Tests;

public sealed class GradientTests
{
    private const double Step = 1e-7;

    /// <summary>From a kink: well above the step and the engine's rounding.</summary>
    private const double SafeDistance = 2e-6;

    /// <summary>
    /// How many times parameters are rounded anew, and what part of a gradient's change by that is allowed for. A gradient whose terms cancel out,
    /// as where a normalisation divides a parameter out again, is known in single precision no better than that; of any other it changes nothing.
    /// </summary>
    private const int Roundings = 4;
    private const double RoundingTolerance = 10;

    /// <summary>The larger a batch, the likelier an image near a kink.</summary>
    private const int MostSeeds = 20;

    /// <summary>Each of whose layers has a network of its own among the others, in batches of three vectors too.</summary>
    private const string Costly = "resnet8-gn";

    private static readonly TrainingOptions Options = new(32, OptimizerKind.Sgd, LearningRate: 0.1f, Momentum: 0, WeightDecay: 0);

    [Fact]
    public void Loss_and_gradients_of_random_networks_are_those_of_the_definition_by_finite_differences() =>
        RandomCases.Cases.Sample(test => { Check(test.Network, test.Batch, test.Seed); }, iter: 100);

    [Theory]
    [InlineData("cifar10-cnn", 2, 1)]
    [InlineData("fedavg-cnn", 1, 1)]
    public void Loss_and_gradients_of_built_in_networks_are_those_of_the_definition_by_finite_differences(string name, int batch, int seed) =>
        Assert.True(Check(new NetworkRegistry().Get(name).Usual, batch, seed), "no derivative to compare with: take another seed");

    [Theory]
    [MemberData(nameof(LayerNetworks.Names), MemberType = typeof(LayerNetworks))]
    public void Loss_and_gradients_of_each_layer_are_those_of_the_definition_by_finite_differences(string name) => Assert.All(
        name == Costly ? (int[])[1, 17] : [1, 17, 33],
        batch => Assert.True(
            Enumerable.Range(1, MostSeeds).Any(seed => Check(LayerNetworks.Get(name), batch, seed)), "no derivative to compare with"));

    /// <summary>False where the loss has no derivative to compare with.</summary>
    private static bool Check(Network network, int batch, int seed)
    {
        var examples = RandomCases.Examples(network.Input, network.Classes, batch, seed);
        int[] images = [.. Enumerable.Range(0, batch)];
        var parameters = RandomCases.Parameters(network, seed);
        double[] values = [.. parameters.Values.ToArray().Select(value => (double)value)];
        var reference = new ReferenceNetwork(network, values);
        var expectedLoss = reference.MeanLoss(examples, images);

        var gradients = new List<float[]>();
        foreach (var width in Machines.Widths)
        {
            using var lanes = LaneNetwork.ForTraining(network, Options, width);
            lanes.SetParameters(parameters.Values);
            var score = lanes.Compute(examples, images);
            Assert.Equal(batch, score.Images);
            Assert.Equal(expectedLoss, score.Loss / batch, 1e-5 * expectedLoss);
            gradients.Add(lanes.GetGradients());
        }

        var rounded = RoundedGradients(network, parameters.Values.ToArray(), examples, images);

        // So near to a kink the definition in double and the engine in float may rightly be on different sides of it.
        if (reference.NearestKink < SafeDistance)
            return false;
        var random = new Random(seed);
        foreach (var tensor in network.Layout.Tensors)
        {
            foreach (var direction in Directions(tensor, random))
                Check(tensor, direction, gradients, rounded, Derivative(direction));
        }

        return true;

        double Derivative(Dictionary<int, double> direction)
        {
            var center = (double[])values.Clone();
            var above = LossAt(Step);
            var below = LossAt(-Step);
            center.CopyTo(values, 0);
            return (above - below) / (2 * Step);

            double LossAt(double step)
            {
                foreach (var (index, part) in direction)
                    values[index] = center[index] + step * part;
                return reference.MeanLoss(examples, images);
            }
        }
    }

    private static List<float[]> RoundedGradients(Network network, float[] parameters, ImageExamples examples, int[] images)
    {
        using var lanes = LaneNetwork.ForTraining(network, Options, Machines.Widths[0]);
        return
        [
            .. Enumerable.Range(0, Roundings).Select(seed =>
            {
                lanes.SetParameters(RandomCases.RoundedAnew(parameters, seed));
                lanes.Compute(examples, images);
                return lanes.GetGradients();
            }),
        ];
    }

    /// <summary>Directions of length 1: one that all of a tensor's parameters have a part in, and two parameters alone.</summary>
    private static IEnumerable<Dictionary<int, double>> Directions(TensorSlot tensor, Random random)
    {
        yield return Enumerable.Range(tensor.Offset, tensor.Length)
            .ToDictionary(index => index, _ => (2 * random.Next(2) - 1) / Math.Sqrt(tensor.Length));
        yield return new() { [tensor.Offset + random.Next(tensor.Length)] = 1 };
        yield return new() { [tensor.Offset + random.Next(tensor.Length)] = 1 };
    }

    /// <summary>Compares within a part of the tensor's largest gradient: sums in single precision lose what is far below it.</summary>
    private static void Check(
        TensorSlot tensor, Dictionary<int, double> direction, List<float[]> gradients, List<float[]> rounded, double expected)
    {
        foreach (var gradient in gradients)
        {
            var actual = Along(gradient);
            var largest = gradient.AsSpan(tensor.Offset, tensor.Length).ToArray().Max(Math.Abs);
            var unknown = rounded.Max(other => Math.Abs(Along(other) - actual));
            Assert.True(
                Math.Abs(expected - actual) <= 1e-4 * Math.Max(largest, 1e-3) + RoundingTolerance * unknown,
                $"{tensor.Name}, {direction.Count} parameters from [{direction.Keys.Min() - tensor.Offset}]: {actual}, expected {expected}; rounding moves it by {unknown}");
        }

        double Along(float[] gradient) => direction.Sum(part => gradient[part.Key] * part.Value);
    }
}
