using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>
/// Group normalisation, and the ReLU behind it if there is one. An image is a lane, so that each lane has means and variances of its own.
/// With x̂ = (x − mean)/σ, y = w·x̂ + b and n values in a group of channels, the way back is
/// ∂x = (w·∂y − (Σ w·∂y + x̂·Σ w·∂y·x̂)/n)/σ.
/// </summary>
internal sealed unsafe class GroupNormStage<TLanes> : Stage
    where TLanes : struct, ILanes<TLanes>
{
    private readonly GroupNorm layer;
    private readonly bool rectify;
    private readonly ParameterSlice parameters;
    private readonly Activations input;
    private readonly int channels; // in a group of channels
    private readonly int pixels;
    private readonly float* means; // by group of images and group of channels
    private readonly float* scales; // 1/σ, likewise
    private readonly float* slopes; // by group of images and channel: Σ ∂y over the plane
    private readonly float* products; // likewise: Σ ∂y·x̂
    private readonly float* sums; // by channel, over the groups of images

    public GroupNormStage(LaneMemory memory, GroupNorm layer, bool rectify, ParameterSlice parameters, Activations input)
    {
        this.layer = layer;
        this.rectify = rectify;
        this.parameters = parameters;
        this.input = input;
        channels = layer.Channels / layer.Groups;
        pixels = input.Shape.Height * input.Shape.Width;
        var isTrained = parameters.WeightGradient != null;
        Output = Activations.Allocate(memory, input.Shape, withGradients: isTrained);
        means = memory.Allocate(BatchSlice.Images * (nint)layer.Groups);
        scales = memory.Allocate(BatchSlice.Images * (nint)layer.Groups);
        if (!isTrained)
            return;
        slopes = memory.Allocate(BatchSlice.Images * (nint)layer.Channels);
        products = memory.Allocate(BatchSlice.Images * (nint)layer.Channels);
        sums = memory.Allocate(LaneGroup.Size * (nint)layer.Channels);
    }

    public override string Name => rectify ? $"{layer.Name} + ReLU" : layer.Name;

    public override Activations Output { get; }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(int groups)
    {
        var count = TLanes.Broadcast((float)channels * pixels);
        var epsilon = TLanes.Broadcast(GroupNorm.Epsilon);
        var one = TLanes.Broadcast(1);
        for (nint norm = 0; norm < (nint)groups * layer.Groups; norm++)
        {
            var values = input.Values + norm * channels * input.Plane;
            for (nint lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
            {
                var mean = LaneSums.Of<TLanes>(values + lane, channels * pixels) / count;
                var variance = LaneSums.OfSquares(values + lane, channels * pixels, mean) / count;
                mean.Store(means + norm * LaneGroup.Size + lane);
                (one / TLanes.SquareRoot(variance + epsilon)).Store(scales + norm * LaneGroup.Size + lane);
            }

            for (var channel = 0; channel < channels; channel++)
                Normalize(norm * channels + channel);
        }
    }

    /// <summary>
    /// Also masks the output's gradients where there is a ReLU, and computes those of the input if it has any: a group of channels at a time, which is then still in a near cache.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
        for (nint norm = 0; norm < (nint)groups * layer.Groups; norm++)
        {
            for (var channel = 0; channel < channels; channel++)
                SumPlane(norm * channels + channel);
            if (input.HasGradients)
                ComputeInputGradientsOf(norm);
        }

        SumOverGroups(slopes, groups, parameters.BiasGradient, isFirst);
        SumOverGroups(products, groups, parameters.WeightGradient, isFirst);
    }

    /// <summary>They were computed with the parameters'.</summary>
    public override void ComputeInputGradients(int groups)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ComputeInputGradientsOf(nint norm)
    {
        var minusCount = TLanes.Broadcast(-(float)channels * pixels);
        for (nint lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
        {
            TLanes slope = default, product = default;
            for (var channel = 0; channel < channels; channel++)
            {
                var plane = norm * channels + channel;
                var weight = TLanes.Broadcast(parameters.Weight[plane % layer.Channels]);
                slope = TLanes.MultiplyAdd(weight, TLanes.Load(slopes + plane * LaneGroup.Size + lane), slope);
                product = TLanes.MultiplyAdd(weight, TLanes.Load(products + plane * LaneGroup.Size + lane), product);
            }

            for (var channel = 0; channel < channels; channel++)
                ComputeInputGradients(norm * channels + channel, lane, slope / minusCount, product / minusCount);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalize(nint plane)
    {
        var norm = plane / channels;
        var bias = TLanes.Broadcast(parameters.Bias[plane % layer.Channels]);
        var weight = TLanes.Broadcast(parameters.Weight[plane % layer.Channels]);
        var floor = TLanes.Broadcast(rectify ? 0 : float.NegativeInfinity);
        for (nint lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
        {
            var mean = TLanes.Load(means + norm * LaneGroup.Size + lane);
            var scale = TLanes.Load(scales + norm * LaneGroup.Size + lane) * weight;
            var from = input.Values + plane * input.Plane + lane;
            var to = Output.Values + plane * input.Plane + lane;
            for (nint at = 0; at < input.Plane; at += LaneGroup.Size)
                TLanes.AtLeast(TLanes.MultiplyAdd(TLanes.Load(from + at) - mean, scale, bias), floor).Store(to + at);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumPlane(nint plane)
    {
        var norm = plane / channels;
        for (nint lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
        {
            var mean = TLanes.Load(means + norm * LaneGroup.Size + lane);
            var values = input.Values + plane * input.Plane + lane;
            var outputs = Output.Values + plane * input.Plane + lane;
            var gradients = Output.Gradients + plane * input.Plane + lane;
            TLanes slope = default, product = default;
            for (nint at = 0; at < input.Plane; at += LaneGroup.Size)
            {
                var gradient = TLanes.Load(gradients + at);
                if (rectify)
                {
                    gradient = Relu.Gradient(TLanes.Load(outputs + at), gradient);
                    gradient.Store(gradients + at);
                }

                slope += gradient;
                product = TLanes.MultiplyAdd(gradient, TLanes.Load(values + at) - mean, product);
            }

            slope.Store(slopes + plane * LaneGroup.Size + lane);
            (product * TLanes.Load(scales + norm * LaneGroup.Size + lane)).Store(products + plane * LaneGroup.Size + lane);
        }
    }

    private void SumOverGroups(float* planes, int groups, float* gradients, bool isFirst)
    {
        var length = (nint)layer.Channels * LaneGroup.Size;
        for (nint at = 0; at < length; at += TLanes.Count)
        {
            var sum = TLanes.Load(planes + at);
            for (var group = 1; group < groups; group++)
                sum += TLanes.Load(planes + group * length + at);
            sum.Store(sums + at);
        }

        LaneGroup.SumEach(sums, gradients, layer.Channels, isFirst);
    }

    /// <param name="plane">Whose gradients.</param>
    /// <param name="lane">The first lane.</param>
    /// <param name="slope">−Σ w·∂y / n of its group of channels.</param>
    /// <param name="product">−Σ w·∂y·x̂ / n.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ComputeInputGradients(nint plane, nint lane, TLanes slope, TLanes product)
    {
        var norm = plane / channels;
        var mean = TLanes.Load(means + norm * LaneGroup.Size + lane);
        var scale = TLanes.Load(scales + norm * LaneGroup.Size + lane);
        var weight = TLanes.Broadcast(parameters.Weight[plane % layer.Channels]) * scale;
        var (byDistance, constant) = (product * scale * scale, slope * scale);
        var values = input.Values + plane * input.Plane + lane;
        var outputs = Output.Gradients + plane * input.Plane + lane;
        var to = input.Gradients + plane * input.Plane + lane;
        for (nint at = 0; at < input.Plane; at += LaneGroup.Size)
        {
            var rest = TLanes.MultiplyAdd(TLanes.Load(values + at) - mean, byDistance, constant);
            TLanes.MultiplyAdd(TLanes.Load(outputs + at), weight, rest).Store(to + at);
        }
    }
}
