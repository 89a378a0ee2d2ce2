namespace FlDurable.Shared.Networks;

/// <summary>A layer as it is written down: before it is known what comes to it, and so how many parameters it has.</summary>
/// <param name="kind">What sort of layer, as a spec has it.</param>
/// <param name="name">Its module's name; null for its index among the layers, as in PyTorch's <c>nn.Sequential</c>.</param>
/// <param name="fit">Makes the layer for what comes to it.</param>
public sealed class LayerPlan(string kind, string? name, Func<LayerPlace, Layer> fit)
{
    /// <summary>What sort of layer, as a spec has it: <c>conv2d</c>.</summary>
    public string Kind => kind;

    /// <summary>Its module's name; null for its index among the layers.</summary>
    public string? Name => name;

    /// <summary>Makes layers of plans, each for what the one before it makes.</summary>
    /// <param name="plans">The plans, in order.</param>
    /// <param name="place">Where they stand: what comes to the first, and the module that they are in.</param>
    /// <param name="sequence">What comes before the index of a layer without a name.</param>
    /// <exception cref="NetworkFitException">A layer does not take what comes to it. The message begins with its index in brackets.</exception>
    public static IReadOnlyList<Layer> FitAll(IReadOnlyList<LayerPlan> plans, LayerPlace place, string sequence = "")
    {
        var layers = new List<Layer>(plans.Count);
        var shape = place.Input;
        foreach (var (index, plan) in plans.Index())
        {
            var its = new LayerPlace(place.Prefix + (plan.Name ?? FormattableString.Invariant($"{sequence}{index}")), shape, place.Classes);
            var layer = LayerChain.At(index, plan.Kind, plan.Name, () => plan.Fit(its));
            shape = LayerChain.At(index, plan.Kind, plan.Name, () => LayerChain.Output(layer, shape));
            layers.Add(layer);
        }

        return layers;
    }

    private Layer Fit(LayerPlace place) => fit(place);
}

/// <summary>Where a layer stands.</summary>
/// <param name="Name">Its name, those of the modules that it is in before it.</param>
/// <param name="Input">What comes to it.</param>
/// <param name="Classes">How many classes the network tells apart.</param>
public readonly record struct LayerPlace(string Name, ImageShape Input, int Classes)
{
    /// <summary>What the names of the modules within it begin with.</summary>
    public string Prefix => Name.Length == 0 ? "" : $"{Name}.";
}
