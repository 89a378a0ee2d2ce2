namespace FlDurable.Shared.Specs;

/// <summary>What the clients of a round train with: the numbers that the spec's schedules have in that round.</summary>
/// <param name="Epochs">Epochs of local training.</param>
/// <param name="BatchSize">Images a mini-batch.</param>
/// <param name="Optimizer">The optimizer's name.</param>
/// <param name="LearningRate">Its step size.</param>
/// <param name="Momentum">SGD's momentum.</param>
/// <param name="WeightDecay">L2 penalty added to the gradient.</param>
public sealed record TrainingPlan(int Epochs, int BatchSize, string Optimizer, double LearningRate, double Momentum, double WeightDecay)
{
    /// <summary>How images are changed; null for not at all.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>The plan of a round.</summary>
    /// <param name="spec">A checked spec.</param>
    /// <param name="round">The round, from 1.</param>
    public static TrainingPlan Of(FederationSpec spec, int round) => new(
        Whole(spec.Epochs, round), Whole(spec.BatchSize, round), spec.Optimizer, spec.LearningRate.In(round), spec.Momentum.In(round),
        spec.WeightDecay.In(round))
    {
        Augmentation = spec.Augmentation,
    };

    private static int Whole(Schedule schedule, int round) => (int)Math.Round(schedule.In(round), MidpointRounding.AwayFromZero);
}
