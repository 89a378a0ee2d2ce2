using FlDurable.Shared.Parameters;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Networks;

/// <summary>What some layers make of the input, plus the input (He et al. 2016), or plus what other layers make of it.</summary>
/// <param name="Name">The module's name.</param>
/// <param name="Body">The layers.</param>
/// <param name="Shortcut">The layers on the other way; none for the input as it is.</param>
public sealed record Residual(string Name, IReadOnlyList<Layer> Body, IReadOnlyList<Layer> Shortcut) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "residual";

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, IReadOnlyList<int> Shape)> Parameters => [.. Inner.SelectMany(layer => layer.Parameters)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Statistics => [.. Inner.SelectMany(layer => layer.Statistics)];

    /// <inheritdoc/>
    public override IEnumerable<Layer> Inner => Body.Concat(Shortcut);

    /// <summary>Its plan. Parameters' names begin with its own, then comes the inner layer's; of one without a name <c>body.0</c>, <c>shortcut.0</c>.</summary>
    /// <param name="name">The module's name.</param>
    /// <param name="body">The layers.</param>
    /// <param name="shortcut">The layers on the other way; none for the input as it is.</param>
    public static LayerPlan Plan(string? name, IReadOnlyList<LayerPlan> body, params IReadOnlyList<LayerPlan> shortcut) => new(
        "residual", name, place => new Residual(place.Name, Fit("body", body, place), Fit("shortcut", shortcut, place)));

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input)
    {
        input = input.AsActivation();
        var body = LayerChain.In("body", () => LayerChain.OutputShape(Body, input));
        var shortcut = LayerChain.In("shortcut", () => LayerChain.OutputShape(Shortcut, input));
        return body == shortcut
            ? body
            : throw new NetworkFitException(
                $"adds its body's {body} and its {(Shortcut.Count == 0 ? "input's" : "shortcut's")} {shortcut}, expected two of one shape");
    }

    /// <summary>What both ways hold, their sum, and the input's gradients once more.</summary>
    internal override long ValuesHeld(ImageShape input) =>
        LayerChain.ValuesHeld(Body, input) + LayerChain.ValuesHeld(Shortcut, input) + OutputShape(input).Length + input.Length;

    /// <inheritdoc/>
    internal override double MultiplyAdds(ImageShape input) => LayerChain.MultiplyAdds(Body, input) + LayerChain.MultiplyAdds(Shortcut, input);

    /// <inheritdoc/>
    internal override void Initialize(RandomStream random, Span<float> values)
    {
        foreach (var layer in Inner)
        {
            var length = new ParameterLayout(layer.Parameters).Length;
            layer.Initialize(random, values[..length]);
            values = values[length..];
        }
    }

    private static IReadOnlyList<Layer> Fit(string way, IReadOnlyList<LayerPlan> plans, LayerPlace place) =>
        LayerChain.In(way, () => LayerPlan.FitAll(plans, place, $"{way}."));
}
