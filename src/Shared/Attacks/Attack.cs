using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Attacks;

/// <summary>A way of attacking a federation, for experiments: what a spec's <c>attack</c> can name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Create">Makes it of what the spec says beside the name.</param>
public sealed record Attack(string Name, Func<SpecChoice, IAttack> Create)
{
    /// <summary>What can be said of it beside the name, and besides who is hostile.</summary>
    public IReadOnlyList<SpecField> Options { get; init; } = [];
}

/// <summary>
/// What hostile clients do, with the options of a spec. Each of them trains, on what <see cref="Poison"/> makes of its images, and what it sends is
/// what <see cref="Send"/> makes of that. It follows from the spec, the round and the clients' updates alone, so that it is the same however often it
/// is done.
/// </summary>
public interface IAttack
{
    /// <summary>Whether <see cref="Send"/> changes anything.</summary>
    bool ChangesUpdates => false;

    /// <summary>Whether it looks at what honest clients send.</summary>
    bool LooksAtOthers => false;

    /// <summary>What a hostile client trains on.</summary>
    /// <param name="own">What it has.</param>
    /// <param name="random">A stream of the client's own, the same in each round.</param>
    ImageExamples Poison(ImageExamples own, RandomStream random) => own;

    /// <summary>What a hostile client sends, as a change of the parameters w − x. It may be asked for several clients at the same time.</summary>
    /// <param name="change">What its training came to; becomes what it sends.</param>
    /// <param name="others">The honest clients' changes, where it looks at those.</param>
    /// <param name="random">A stream of the client's own, another in each round.</param>
    void Send(Span<double> change, HonestChanges others, RandomStream random)
    {
    }

    /// <summary>The test images by which its success is measured: the share that is taken for what they are labelled. Null where there are none.</summary>
    ImageExamples? Target(ImageExamples test) => null;

    /// <summary>What of its options doesn't go with the images, if anything.</summary>
    IEnumerable<SpecError> Errors(ImageShape shape, int classes) => [];
}
