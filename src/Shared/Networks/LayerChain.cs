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

    /// <summary>What layers hold while they are trained (<see cref="Layer.ValuesHeld"/>), all together.</summary>
    /// <param name="layers">The layers, which fit each other.</param>
    /// <param name="input">The shape of what comes to the first.</param>
    /// <param name="most">The most that they may hold.</param>
    /// <exception cref="NetworkFitException">They hold more. The message begins with the index of the layer with which it is too much.</exception>
    public static long ValuesHeld(IReadOnlyList<Layer> layers, ImageShape input, long most = long.MaxValue)
    {
        long held = 0;
        foreach (var (index, layer) in layers.Index())
        {
            var shape = input;
            held += layer.ValuesHeld(shape);
            input = At(index, layer.Kind, (layer as ParametricLayer)?.Name, () => held <= most
                ? layer.OutputShape(shape)
                : throw new NetworkFitException(FormattableString.Invariant(
                    $"brings what training holds of an image, with padding and what layers keep aside, to {held} values; expected at most {most} of all layers")));
        }

        return held;
    }

    /// <summary>The multiply-adds of layers that fit each other.</summary>
    public static double MultiplyAdds(IReadOnlyList<Layer> layers, ImageShape input)
    {
        double sum = 0;
        foreach (var layer in layers)
        {
            sum += layer.MultiplyAdds(input);
            input = layer.OutputShape(input);
        }

        return sum;
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
