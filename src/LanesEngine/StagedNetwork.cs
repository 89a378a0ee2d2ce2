using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Optimizers;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>A network as a chain of stages over vectors of one width.</summary>
internal sealed unsafe class StagedNetwork<TLanes> : LaneNetwork
    where TLanes : struct, ILanes<TLanes>
{
    private readonly InputStage input;
    private readonly List<Stage> stages = [];
    private readonly SoftmaxCrossEntropy<TLanes> loss;
    private readonly Optimizer? optimizer;

    public StagedNetwork(Network network, TrainingOptions? options, LaneMemory memory)
        : base(network, memory, isTrained: options is not null)
    {
        input = new InputStage(memory, network.Input);
        var output = input.Output;
        var parametric = 0;
        ReadOnlySpan<Layer> rest = [.. network.Layers];
        while (!rest.IsEmpty)
            output = AddStage(memory, ref rest, ref parametric, output);
        loss = new SoftmaxCrossEntropy<TLanes>(memory, output);
        optimizer = options is null ? null : Optimizer.Create<TLanes>(memory, options, Parameters.Length);
    }

    private protected override Score Compute(BatchSlice slice, int batchSize, bool isFirst)
    {
        input.Load(slice);
        foreach (var stage in stages)
            stage.Forward(slice.GroupCount);
        var score = loss.Score(slice, batchSize);
        if (Gradients is not null)
        {
            for (var last = stages.Count - 1; last >= 0; last--)
            {
                stages[last].ComputeParameterGradients(slice.GroupCount, isFirst);
                if (last > 0 && stages[last - 1].Output.HasGradients)
                    stages[last].ComputeInputGradients(slice.GroupCount);
            }
        }

        return score;
    }

    public override IEnumerable<StepPart> PartsOfStep(ImageExamples examples, int[] batch)
    {
        var groups = LaneGroup.CountFor(batch.Length);
        yield return new("input", 0, () => input.Load(new BatchSlice(examples, batch)));
        foreach (var stage in stages)
            yield return new($"{stage.Name}", stage.MultiplyAdds, () => stage.Forward(groups));
        yield return new("loss", 0, () => loss.Score(new BatchSlice(examples, batch), batch.Length));
        foreach (var (index, stage) in stages.Index().Reverse())
        {
            yield return new($"{stage.Name}: parameters' gradients", stage.MultiplyAdds, () => stage.ComputeParameterGradients(groups, isFirst: true));
            if (index > 0 && stages[index - 1].Output.HasGradients)
                yield return new($"{stage.Name}: input's gradients", stage.MultiplyAdds, () => stage.ComputeInputGradients(groups));
        }

        yield return new("optimizer", 0, TakeStep);
    }

    private protected override void TakeStep()
    {
        if (optimizer is null || Gradients is null)
            throw new InvalidOperationException("a network for evaluation takes no steps");
        optimizer.Step(Parameters.Values, Gradients.Values, Parameters.Length);
    }

    /// <summary>Makes one stage of the next layers: of as many as are computed together.</summary>
    private Activations AddStage(LaneMemory memory, ref ReadOnlySpan<Layer> rest, ref int parametric, Activations activations)
    {
        var layers = 1;
        Stage stage;
        switch (rest)
        {
            case [Flatten flatten, ..]:
                rest = rest[1..];
                return activations.As(flatten.OutputShape(activations.Shape));
            case [Conv2d convolution, ReLU, MaxPool2d { Size: PoolingWindow.Size } pooling, ..]:
                stage = new PooledConvolutionStage<TLanes>(memory, convolution, rectify: true, pooling, Slice(parametric++), activations);
                layers = 3;
                break;
            case [Conv2d convolution, MaxPool2d { Size: PoolingWindow.Size } pooling, ..]:
                stage = new PooledConvolutionStage<TLanes>(memory, convolution, rectify: false, pooling, Slice(parametric++), activations);
                layers = 2;
                break;
            case [Conv2d convolution, ReLU, ..]:
                stage = new ConvolutionStage<TLanes>(memory, convolution, rectify: true, Slice(parametric++), activations);
                layers = 2;
                break;
            case [Conv2d convolution, ..]:
                stage = new ConvolutionStage<TLanes>(memory, convolution, rectify: false, Slice(parametric++), activations);
                break;
            case [Linear linear, ReLU, ..]:
                stage = new LinearStage<TLanes>(memory, linear, rectify: true, Slice(parametric++), activations);
                layers = 2;
                break;
            case [Linear linear, ..]:
                stage = new LinearStage<TLanes>(memory, linear, rectify: false, Slice(parametric++), activations);
                break;
            case [MaxPool2d pooling, ..]:
                stage = new MaxPoolStage<TLanes>(memory, pooling, activations);
                break;
            case [ReLU, ..]:
                stage = new ReluStage<TLanes>(memory, activations);
                break;
            default:
                throw new NotSupportedException(LanesTrainingEngine.UnknownLayer(rest[0]));
        }

        stages.Add(stage);
        rest = rest[layers..];
        return stage.Output;
    }

    private ParameterSlice Slice(int parametric) => Gradients is null
        ? new(Parameters.Weight(parametric), Parameters.Bias(parametric), null, null)
        : new(Parameters.Weight(parametric), Parameters.Bias(parametric), Gradients.Weight(parametric), Gradients.Bias(parametric));
}
