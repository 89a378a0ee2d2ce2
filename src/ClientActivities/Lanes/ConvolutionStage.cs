using FlDurable.Shared.Networks;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>A convolution of stride 1 with bias.</summary>
internal sealed unsafe class ConvolutionStage<TLanes> : Stage
    where TLanes : struct, ILanes<TLanes>
{
    private readonly Conv2d layer;
    private readonly ParameterSlice parameters;
    private readonly Activations input;
    private readonly Activations padded; // the input with its border of zeros; the input itself where there is none
    private readonly float* laneSums;

    public ConvolutionStage(LaneMemory memory, Conv2d layer, ParameterSlice parameters, Activations input)
    {
        this.layer = layer;
        this.parameters = parameters;
        this.input = input;
        padded = layer.Padding == 0 ? input : Activations.Allocate(memory, Padded(input.Shape), withGradients: false);
        laneSums = memory.Allocate(LaneGroup.Size);
        Output = Activations.Allocate(memory, layer.OutputShape(input.Shape), withGradients: parameters.WeightGradient != null);
    }

    public override Activations Output { get; }

    public override void Forward(int groups)
    {
        if (layer.Padding > 0)
            CopyIntoBorder(groups);
        for (nint group = 0; group < groups; group++)
        {
            for (var channel = 0; channel < layer.OutChannels; channel++)
            {
                for (var y = 0; y < Output.Shape.Height; y++)
                {
                    for (var x = 0; x < Output.Shape.Width; x++)
                    {
                        for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                            Convolve(At(padded, group, 0, y, x) + lane, channel).Store(At(Output, group, channel, y, x) + lane);
                    }
                }
            }
        }
    }

    public override void Backward(int groups)
    {
        for (var output = 0; output < layer.OutChannels; output++)
        {
            AddBiasGradient(groups, output);
            for (var channel = 0; channel < layer.InChannels; channel++)
            {
                for (var y = 0; y < layer.Kernel; y++)
                {
                    for (var x = 0; x < layer.Kernel; x++)
                        AddWeightGradient(groups, output, channel, y, x);
                }
            }
        }

        if (input.Gradients != null)
            ComputeInputGradients(groups);
    }

    private ImageShape Padded(ImageShape shape) => new(shape.Channels, shape.Height + 2 * layer.Padding, shape.Width + 2 * layer.Padding);

    private void CopyIntoBorder(int groups)
    {
        var row = (nint)input.Shape.Width * LaneGroup.Size;
        for (nint group = 0; group < groups; group++)
        {
            for (var channel = 0; channel < layer.InChannels; channel++)
            {
                for (var y = 0; y < input.Shape.Height; y++)
                {
                    var to = At(padded, group, channel, y + layer.Padding, layer.Padding);
                    Buffer.MemoryCopy(At(input, group, channel, y, 0), to, row * sizeof(float), row * sizeof(float));
                }
            }
        }
    }

    private TLanes Convolve(float* window, int output)
    {
        var sum = TLanes.Broadcast(parameters.Bias[output]);
        var weight = WeightAt(parameters.Weight, output, 0, 0);
        for (var channel = 0; channel < layer.InChannels; channel++)
        {
            for (var y = 0; y < layer.Kernel; y++)
            {
                var row = window + ((nint)channel * padded.Shape.Height + y) * padded.Shape.Width * LaneGroup.Size;
                for (var x = 0; x < layer.Kernel; x++)
                    sum = TLanes.MultiplyAdd(TLanes.Broadcast(*weight++), TLanes.Load(row + x * LaneGroup.Size), sum);
            }
        }

        return sum;
    }

    private void AddWeightGradient(int groups, int output, int channel, int kernelY, int kernelX)
    {
        for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
        {
            var sum = default(TLanes);
            for (nint group = 0; group < groups; group++)
            {
                for (var y = 0; y < Output.Shape.Height; y++)
                {
                    var gradients = Output.Gradients + (At(Output, group, output, y, 0) - Output.Values) + lane;
                    var values = At(padded, group, channel, y + kernelY, kernelX) + lane;
                    for (nint x = 0; x < Output.Shape.Width * LaneGroup.Size; x += LaneGroup.Size)
                        sum = TLanes.MultiplyAdd(TLanes.Load(gradients + x), TLanes.Load(values + x), sum);
                }
            }

            sum.Store(laneSums + lane);
        }

        *(WeightAt(parameters.WeightGradient, output, channel, kernelY) + kernelX) += LaneGroup.Sum(laneSums);
    }

    private void AddBiasGradient(int groups, int output)
    {
        var plane = (nint)Output.Shape.Height * Output.Shape.Width * LaneGroup.Size;
        for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
        {
            var sum = default(TLanes);
            for (nint group = 0; group < groups; group++)
            {
                var gradients = Output.Gradients + group * Output.GroupLength + output * plane + lane;
                for (nint at = 0; at < plane; at += LaneGroup.Size)
                    sum += TLanes.Load(gradients + at);
            }

            sum.Store(laneSums + lane);
        }

        parameters.BiasGradient[output] += LaneGroup.Sum(laneSums);
    }

    private void ComputeInputGradients(int groups)
    {
        for (nint group = 0; group < groups; group++)
        {
            for (var channel = 0; channel < layer.InChannels; channel++)
            {
                for (var y = 0; y < input.Shape.Height; y++)
                {
                    for (var x = 0; x < input.Shape.Width; x++)
                    {
                        for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                        {
                            var to = input.Gradients + (At(input, group, channel, y, x) - input.Values) + lane;
                            Correlate(group, channel, y + layer.Padding, x + layer.Padding, lane).Store(to);
                        }
                    }
                }
            }
        }
    }

    /// <summary>The sum over every output that the padded input at (y, x) has a part in, of that output's gradient times the weight.</summary>
    private TLanes Correlate(nint group, int channel, int y, int x, int lane)
    {
        var sum = default(TLanes);
        var firstY = Math.Max(0, y - Output.Shape.Height + 1);
        var firstX = Math.Max(0, x - Output.Shape.Width + 1);
        for (var output = 0; output < layer.OutChannels; output++)
        {
            for (var kernelY = firstY; kernelY <= Math.Min(y, layer.Kernel - 1); kernelY++)
            {
                var weights = WeightAt(parameters.Weight, output, channel, kernelY);
                var gradients = Output.Gradients + (At(Output, group, output, y - kernelY, x) - Output.Values) + lane;
                for (var kernelX = firstX; kernelX <= Math.Min(x, layer.Kernel - 1); kernelX++)
                {
                    var gradient = TLanes.Load(gradients - (nint)kernelX * LaneGroup.Size);
                    sum = TLanes.MultiplyAdd(TLanes.Broadcast(weights[kernelX]), gradient, sum);
                }
            }
        }

        return sum;
    }

    private float* WeightAt(float* weights, int output, int channel, int kernelY) =>
        weights + (((nint)output * layer.InChannels + channel) * layer.Kernel + kernelY) * layer.Kernel;

    private static float* At(in Activations activations, nint group, int channel, int y, int x) =>
        activations.Values + group * activations.GroupLength
        + (((nint)channel * activations.Shape.Height + y) * activations.Shape.Width + x) * LaneGroup.Size;
}
