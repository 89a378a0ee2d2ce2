using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>What the rules that compare every update with every other can bear.</summary>
internal static class KrumFamily
{
    /// <summary>f.</summary>
    public static WholeNumberField Hostile { get; } = new("f", "How many clients of a round may be hostile.", 0, MostUpdates) { Default = 1 };

    /// <summary>All their distances are 64 MiB.</summary>
    public const int MostUpdates = 4096;

    /// <summary>Each choice looks at all distances again: of so many that is some seconds.</summary>
    public const int MostUpdatesOneAtATime = 1024;

    /// <summary>A core takes so many differences of two updates' parameters in a minute.</summary>
    public const double MostDifferences = 5e11;

    /// <summary>How many updates have no more <see cref="MostDifferences"/> than those.</summary>
    /// <param name="parameters">How many parameters an update has.</param>
    /// <param name="most">The most updates of any size.</param>
    public static int MostUpdatesOf(int parameters, int most) => (int)Math.Min(most, Math.Sqrt(2 * MostDifferences / parameters));
}
