using FlDurable.Shared.Networks;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>A network as a chain of stages over vectors of one width.</summary>
internal sealed unsafe class StagedNetwork<TLanes> : LaneNetwork
    where TLanes : struct, ILanes<TLanes>
{
    private readonly InputStage input;
    private readonly List<Stage> stages = [];
    private readonly SoftmaxCrossEntropy<TLanes> loss;
    private readonly Optimizer? optimizer;

    public StagedNetwork(Network network, TrainingOptions? options)
        : this(network, options, new LaneMemory())
    {
    }

    private StagedNetwork(Network network, TrainingOptions? options, LaneMemory memory)
        : base(network, memory, isTrained: options is not null)
    {
        input = new InputStage(memory, network.Input);
        var activations = input.Output;
        nint offset = 0;
        foreach (var layer in network.Layers)
        {
            if (layer is Flatten)
            {
                activations = activations.As(layer.OutputShape(activations.Shape));
                continue;
            }

            var stage = CreateStage(memory, layer, activations, ref offset);
            stages.Add(stage);
            activations = stage.Output;
        }

        loss = new SoftmaxCrossEntropy<TLanes>(memory, activations);
        optimizer = options is null ? null : Optimizer.Create<TLanes>(memory, options, network.Layout.Length);
    }

    private protected override Score Compute(BatchSlice slice, int batchSize)
    {
        input.Load(slice);
        foreach (var stage in stages)
            stage.Forward(slice.GroupCount);
        var score = loss.Score(slice, batchSize);
        if (optimizer is not null)
        {
            for (var last = stages.Count - 1; last >= 0; last--)
                stages[last].Backward(slice.GroupCount);
        }

        return score;
    }

    private protected override void Step(float* parameters, float* gradients, nint length)
    {
        if (optimizer is null)
            throw new InvalidOperationException("a network for evaluation takes no steps");
        optimizer.Step(parameters, gradients, length);
    }

    private Stage CreateStage(LaneMemory memory, Layer layer, Activations activations, ref nint offset) => layer switch
    {
        Conv2d convolution => new ConvolutionStage<TLanes>(memory, convolution, Take(convolution, ref offset), activations),
        Linear linear => new LinearStage<TLanes>(memory, linear, Take(linear, ref offset), activations),
        MaxPool2d pooling => new MaxPoolStage<TLanes>(memory, pooling, activations),
        ReLU => new ReluStage<TLanes>(memory, activations),
        _ => throw new NotSupportedException(LanesEngine.UnknownLayer(layer)),
    };

    private ParameterSlice Take(ParametricLayer layer, ref nint offset)
    {
        var weight = offset;
        var bias = weight + layer.BiasLength * layer.FanIn;
        offset = bias + layer.BiasLength;
        return ParametersAt(weight, bias);
    }
}
