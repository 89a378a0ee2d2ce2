using CsCheck;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine.Tests;

/// <summary>One linear layer of a size that no block holds whole, against plain loops in double precision.</summary>
public sealed unsafe class LinearStageTests
{
    private const double Tolerance = 1e-3; // sums of up to 2,300 products of numbers within 1

    [Fact]
    public void A_layer_of_any_size_computes_its_definition() =>
        Gen.Select(Gen.Int[1, 2_300], Gen.Int[1, 80], Gen.Int[1, 2], Gen.Int[1, 2]).Sample((inputs, outputs, first, second) =>
        {
            var layer = new Linear("layer", inputs, outputs);
            Check<Lanes16>(layer, [first, second]);
            Check<Lanes8>(layer, [first, second]);
        }, iter: 20);

    /// <summary>Computes a batch of slices of so many groups. What a stage must not read is NaN.</summary>
    private static void Check<TLanes>(Linear layer, int[] slices)
        where TLanes : struct, ILanes<TLanes>
    {
        var random = new Random(1);
        using var memory = new LaneMemory();
        nint row = ParameterMemory.RowLength(layer);
        var weights = Of(memory, layer.OutFeatures * row, () => 0);
        for (var output = 0; output < layer.OutFeatures; output++)
            Fill(weights + output * row, layer.InFeatures, () => Draw(random));
        var bias = Of(memory, layer.OutFeatures, () => Draw(random));
        var weightGradients = Of(memory, layer.OutFeatures * row, () => float.NaN);
        var biasGradients = Of(memory, layer.OutFeatures, () => float.NaN);
        var input = Activations.Allocate(memory, new ImageShape(layer.InFeatures, 1, 1), withGradients: true);
        var stage = new LinearStage<TLanes>(memory, layer, rectify: false, new ParameterSlice(weights, bias, weightGradients, biasGradients), input);
        var made = stage.Output;
        var expectedWeightGradients = new double[layer.OutFeatures, layer.InFeatures];

        foreach (var (slice, groups) in slices.Index())
        {
            Fill(input.Values, (int)input.GroupLength * groups, () => Draw(random));
            Fill(input.Gradients, (int)input.GroupLength * groups, () => float.NaN);
            Fill(made.Values, (int)made.GroupLength * groups, () => float.NaN);
            stage.Forward(groups);
            Fill(made.Gradients, (int)made.GroupLength * groups, () => Draw(random));
            stage.ComputeParameterGradients(groups, isFirst: slice == 0);
            stage.ComputeInputGradients(groups);

            for (var image = 0; image < groups * LaneGroup.Size; image++)
            {
                var expectedInputGradients = new double[layer.InFeatures];
                for (var to = 0; to < layer.OutFeatures; to++)
                {
                    double expected = bias[to];
                    double gradient = *At(made, made.Gradients, image, to);
                    for (var from = 0; from < layer.InFeatures; from++)
                    {
                        double value = *At(input, input.Values, image, from);
                        expected += weights[to * row + from] * value;
                        expectedInputGradients[from] += weights[to * row + from] * gradient;
                        expectedWeightGradients[to, from] += value * gradient;
                    }

                    Assert.Equal(expected, *At(made, made.Values, image, to), Tolerance);
                }

                for (var from = 0; from < layer.InFeatures; from++)
                    Assert.Equal(expectedInputGradients[from], *At(input, input.Gradients, image, from), Tolerance);
            }
        }

        for (var to = 0; to < layer.OutFeatures; to++)
        {
            for (var from = 0; from < layer.InFeatures; from++)
                Assert.Equal(expectedWeightGradients[to, from], weightGradients[to * row + from], Tolerance);
        }
    }

    private static float Draw(Random random) => 2 * random.NextSingle() - 1;

    private static float* At(Activations activations, float* of, int image, int feature) =>
        of + image / LaneGroup.Size * activations.GroupLength + feature * LaneGroup.Size + image % LaneGroup.Size;

    private static float* Of(LaneMemory memory, nint count, Func<float> value)
    {
        var values = memory.Allocate(count);
        Fill(values, (int)count, value);
        return values;
    }

    private static void Fill(float* to, int count, Func<float> value)
    {
        for (var index = 0; index < count; index++)
            to[index] = value();
    }
}
