using FlDurable.Shared.Parameters;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Networks;

/// <summary>
/// A whole network, or the rest of one, of which only the parameters and the number of classes are told here. What it computes is known
/// to an engine that has a module of the network's name; engines that compute layers themselves refuse it.
/// </summary>
/// <remarks>
/// Initial values follow PyTorch's defaults as far as names and shapes tell them: a tensor of two dimensions or more is a weight, uniform
/// within ±1/√fan-in, and so is the <c>bias</c> beside it (linear layers and convolutions); of one dimension, a <c>weight</c> is 1 and
/// anything else 0 (normalisation). For others a federation is given its initial parameters.
/// </remarks>
public sealed record OpaqueModule : Layer
{
    private const string Weight = "weight";
    private const string Bias = "bias";

    /// <summary>Tells of a module.</summary>
    /// <param name="classes">The number of logits that it makes.</param>
    /// <param name="parameters">Its parameters by their names in PyTorch's <c>state_dict</c>, with their shapes.</param>
    public OpaqueModule(int classes, IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> parameters)
    {
        Classes = classes;
        Parameters = parameters;
    }

    /// <summary>The number of logits that it makes.</summary>
    public int Classes { get; }

    /// <inheritdoc/>
    public override string Kind => "module";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> Parameters { get; }

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) => new(Classes, 1, 1);

    /// <summary>What it computes is not told: as if it multiplied by each parameter once.</summary>
    internal override double MultiplyAdds(ImageShape input) => new ParameterLayout(Parameters).Length;

    /// <inheritdoc/>
    internal override void Initialize(RandomStream random, Span<float> values)
    {
        foreach (var tensor in new ParameterLayout(Parameters).Tensors)
        {
            var of = values.Slice(tensor.Offset, tensor.Length);
            if (FanIn(tensor) is { } fanIn)
                DrawUniform(random, of, fanIn);
            else
                of.Fill(NameWithin(tensor.Name) == Weight ? 1 : 0);
        }
    }

    private int? FanIn(TensorSlot tensor)
    {
        if (tensor.Shape.Count > 1)
            return FanInOf(tensor.Shape);
        if (NameWithin(tensor.Name) != Bias)
            return null;
        var weight = tensor.Name[..^Bias.Length] + Weight;
        return Parameters.FirstOrDefault(other => other.Name == weight).Shape is { Count: > 1 } shape ? FanInOf(shape) : null;
    }

    /// <summary>A parameter's name within its own module: what follows the last dot.</summary>
    private static string NameWithin(string name) => name[(name.LastIndexOf('.') + 1)..];
}
