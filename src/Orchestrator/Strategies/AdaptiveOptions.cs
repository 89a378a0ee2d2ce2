using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>The options that FedAdam, FedYogi and FedAdagrad share.</summary>
internal static class AdaptiveOptions
{
    private static readonly NumberRange ToOne = new(0, 1) { IsBelowMost = true };

    public static NumberField Beta1 { get; } = new("beta1", "What stays of the mean change from round to round.", ToOne) { Default = 0.9 };

    public static NumberField Beta2 { get; } = new("beta2", "What stays of the mean squared change from round to round.", ToOne) { Default = 0.99 };

    public static NumberField Tau { get; } =
        new("tau", "Added to the root of the mean squared change: the larger, the less adaptive.", new NumberRange(0, 1) { IsAboveLeast = true }) { Default = 1e-3 };

    public static NumberField InitialV { get; } =
        new("initialV", "The mean squared change before the first round; the paper asks for at least tau².", new NumberRange(0, 1)) { Default = 0 };

    public static NumberField Rate(double rate) =>
        new("serverLearningRate", "The server's step size.", new NumberRange(0, 100) { IsAboveLeast = true }) { Default = rate };
}
