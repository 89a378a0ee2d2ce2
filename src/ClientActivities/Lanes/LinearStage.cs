using FlDurable.Shared.Networks;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>y = W·x + b for every lane.</summary>
internal sealed unsafe class LinearStage<TLanes>(LaneMemory memory, Linear layer, ParameterSlice parameters, Activations input) : Stage
    where TLanes : struct, ILanes<TLanes>
{
    private readonly float* laneSums = memory.Allocate(LaneGroup.Size);

    public override Activations Output { get; } =
        Activations.Allocate(memory, layer.OutputShape(input.Shape), withGradients: parameters.WeightGradient != null);

    public override void Forward(int groups)
    {
        for (nint group = 0; group < groups; group++)
        {
            for (nint output = 0; output < layer.OutFeatures; output++)
            {
                for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                {
                    var sum = TLanes.Broadcast(parameters.Bias[output]);
                    var x = input.Values + group * input.GroupLength + lane;
                    for (nint feature = 0; feature < layer.InFeatures; feature++)
                    {
                        var weight = TLanes.Broadcast(parameters.Weight[output * layer.InFeatures + feature]);
                        sum = TLanes.MultiplyAdd(weight, TLanes.Load(x + feature * LaneGroup.Size), sum);
                    }

                    sum.Store(Output.Values + group * Output.GroupLength + output * LaneGroup.Size + lane);
                }
            }
        }
    }

    public override void Backward(int groups)
    {
        for (nint output = 0; output < layer.OutFeatures; output++)
            AddParameterGradients(groups, output);
        if (input.Gradients != null)
            ComputeInputGradients(groups);
    }

    private void AddParameterGradients(int groups, nint output)
    {
        var y = Output.Gradients + output * LaneGroup.Size;
        for (nint feature = 0; feature < layer.InFeatures; feature++)
        {
            var x = input.Values + feature * LaneGroup.Size;
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
            {
                var sum = default(TLanes);
                for (nint group = 0; group < groups; group++)
                {
                    var yLanes = TLanes.Load(y + group * Output.GroupLength + lane);
                    sum = TLanes.MultiplyAdd(yLanes, TLanes.Load(x + group * input.GroupLength + lane), sum);
                }

                sum.Store(laneSums + lane);
            }

            parameters.WeightGradient[output * layer.InFeatures + feature] += LaneGroup.Sum(laneSums);
        }

        for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
        {
            var sum = default(TLanes);
            for (nint group = 0; group < groups; group++)
                sum += TLanes.Load(y + group * Output.GroupLength + lane);
            sum.Store(laneSums + lane);
        }

        parameters.BiasGradient[output] += LaneGroup.Sum(laneSums);
    }

    private void ComputeInputGradients(int groups)
    {
        for (nint group = 0; group < groups; group++)
        {
            for (nint feature = 0; feature < layer.InFeatures; feature++)
            {
                for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                {
                    var sum = default(TLanes);
                    var y = Output.Gradients + group * Output.GroupLength + lane;
                    for (nint output = 0; output < layer.OutFeatures; output++)
                    {
                        var weight = TLanes.Broadcast(parameters.Weight[output * layer.InFeatures + feature]);
                        sum = TLanes.MultiplyAdd(weight, TLanes.Load(y + output * LaneGroup.Size), sum);
                    }

                    sum.Store(input.Gradients + group * input.GroupLength + feature * LaneGroup.Size + lane);
                }
            }
        }
    }
}
