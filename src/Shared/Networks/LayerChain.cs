namespace FlDurable.Shared.Networks;

/// <summary>Layers one behind the other.</summary>
internal static class LayerChain
{
    /// <summary>The shape of what the last of them makes.</summary>
    /// <exception cref="NetworkFitException">A layer does not take what comes to it. The message begins with its index in brackets.</exception>
    public static ImageShape OutputShape(IReadOnlyList<Layer> layers, ImageShape input)
    {
        foreach (var (index, layer) in layers.Index())
        {
            var shape = input;
            input = At(index, layer.Kind, (layer as ParametricLayer)?.Name, () => Output(layer, shape));
        }

        return input;
    }

    /// <summary>The shape of what a layer makes, if that and its parameters are not too many.</summary>
    /// <exception cref="NetworkFitException">The layer does not take what comes to it, or is too large.</exception>
    public static ImageShape Output(Layer layer, ImageShape input)
    {
        var output = layer.OutputShape(input);
        if ((long)output.Channels * output.Height * output.Width > Network.MostValues)
            throw new NetworkFitException($"makes {output}, expected at most {Network.MostValues} values");
        var parameters = layer.Parameters.Sum(tensor => tensor.Shape.Aggregate(1d, (product, length) => product * length));
        return parameters <= Network.MostParameters
            ? output
            : throw new NetworkFitException(FormattableString.Invariant(
                $"has {parameters} parameters, made for {input}; expected at most {Network.MostParameters}"));
    }

    /// <summary>Says of which layer of a chain it is that something doesn't fit.</summary>
    public static T At<T>(int index, string kind, string? name, Func<T> fit)
    {
        var named = name is null ? kind : $"{kind} {name}";
        return Prefixed(FormattableString.Invariant($"[{index}] ({named}) "), fit);
    }

    /// <summary>Says in which of a layer's chains it is that something doesn't fit.</summary>
    public static T In<T>(string chain, Func<T> fit) => Prefixed(chain, fit);

    private static T Prefixed<T>(string where, Func<T> fit)
    {
        try
        {
            return fit();
        }
        catch (NetworkFitException exception)
        {
            throw new NetworkFitException(where + exception.Message);
        }
    }
}
