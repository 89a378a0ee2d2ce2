using CsCheck;

namespace FlDurable.EmbeddedEngine.Tests.Programs;

/// <summary>Draws programs.</summary>
internal static class ProgramGen
{
    private static readonly Gen<Step> Leaf = Gen.Frequency(
        (4, Gen.Const<Step>(new ActivityStep(0, 0))),
        (1, Gen.Int[1, 3].Select(attempts => (Step)new ActivityStep(0, attempts))),
        (2, Gen.Int[0, 5].Select(seconds => (Step)new TimerStep(seconds))),
        (2, Gen.Const<Step>(new EventStep(0))),
        (1, Gen.Select(Gen.Bool, Gen.Int[1, 5]).Select((fails, seconds) => (Step)new DeadlineStep(0, fails, seconds))));

    /// <summary>One to three executions.</summary>
    public static Gen<IReadOnlyList<Step>> Executions { get; } =
        Tree(depth: 3).List[1, 3].Select(executions => new Numbering().Number(executions));

    private static Gen<Step> Tree(int depth)
    {
        if (depth == 0)
            return Leaf;
        var below = Tree(depth - 1);
        return Gen.Frequency(
            (2, Leaf),
            (2, below.Select(body => (Step)new ChildStep(0, body))),
            (2, below.List[0, 3].Select(steps => (Step)new SequenceStep(steps))),
            (2, below.List[0, 3].Select(steps => (Step)new ParallelStep(steps))),
            (1, below.Select(body => (Step)new CatchStep(body))));
    }

    /// <summary>Gives each activity, event and child an id of its own.</summary>
    private sealed class Numbering
    {
        private int last;

        public IReadOnlyList<Step> Number(IEnumerable<Step> steps) => [.. steps.Select(Number)];

        private Step Number(Step step) => step switch
        {
            ActivityStep activity => activity with { Id = ++last },
            DeadlineStep deadline => deadline with { Id = ++last },
            EventStep raised => raised with { Id = ++last },
            ChildStep child => new ChildStep(++last, Number(child.Body)),
            SequenceStep sequence => new SequenceStep(Number(sequence.Steps)),
            ParallelStep parallel => new ParallelStep(Number(parallel.Steps)),
            CatchStep caught => new CatchStep(Number(caught.Body)),
            _ => step,
        };
    }
}
