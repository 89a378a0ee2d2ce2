using FlDurable.Shared.Attacks;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Tests.Support;

/// <summary>What a host could have registered.</summary>
internal sealed record Registered(string Field, params IReadOnlyList<SpecAlternative> Alternatives) : ISpecAlternatives
{
    public static NumberField ServerLearningRate { get; } =
        new("serverLearningRate", "The server's step size.", new NumberRange(0, 10) { IsAboveLeast = true }) { Default = 0.1 };

    public static WholeNumberField Memory { get; } = new("memory", "Rounds that it remembers.", 1, 100) { Default = 5 };

    public static FlagField IsLazy { get; } = new("isLazy", "Whether it waits.") { Default = false };

    public static TextField Label { get; } = new("label", "A name for it.") { Default = "none" };

    /// <summary>The real networks and partitioners, one engine, and two strategies, of which one has options.</summary>
    public static SpecTable Table() => new(
    [
        new NetworkRegistry(), new Partitioners(), new AttackRegistry(), new Registered("selection", new SpecAlternative("uniform")), new Registered("engine", new SpecAlternative("lanes")), Strategies(ServerLearningRate, Memory, IsLazy, Label),
    ]);

    /// <summary>A strategy with these options, and one without.</summary>
    public static Registered Strategies(params SpecField[] options) =>
        new("strategy", new SpecAlternative("fedadam", options), new SpecAlternative("fedavg"));
}
