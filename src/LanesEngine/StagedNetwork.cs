using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Optimizers;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>A network as a chain of stages over vectors of one width.</summary>
internal sealed unsafe class StagedNetwork<TLanes> : LaneNetwork
    where TLanes : struct, ILanes<TLanes>
{
    private readonly InputStage input;
    private readonly StageChain chain;
    private readonly SoftmaxCrossEntropy<TLanes> loss;
    private readonly Optimizer? optimizer;

    public StagedNetwork(Network network, TrainingOptions? options, DropoutNoise noise, LaneMemory memory)
        : base(network, memory, noise, isTrained: options is not null)
    {
        input = new InputStage(memory, network);
        chain = new StageBuilder<TLanes>(memory, Parameters, Gradients, noise).Build(network.Layers, input.Output);
        loss = new SoftmaxCrossEntropy<TLanes>(memory, chain.Output);
        optimizer = options is null ? null : Optimizer.Create<TLanes>(memory, options, Parameters.Length, Place(memory, network, options.Term));
    }

    /// <summary>The term where the parameters' places are.</summary>
    private static TermMemory? Place(LaneMemory memory, Network network, GradientTerm? term)
    {
        return term is null ? null : new TermMemory(term.Proximal, (nint)Copy(term.Start), (nint)Copy(term.Offset));

        float* Copy(ReadOnlyMemory<float> values)
        {
            var copy = new ParameterMemory(memory, network);
            if (!values.IsEmpty)
                copy.CopyFrom(values.Span);
            return copy.Values;
        }
    }

    private protected override Score Compute(BatchSlice slice, int batchSize, bool isFirst, Span<Score> each)
    {
        input.Load(slice);
        chain.Forward(slice.GroupCount);
        var score = loss.Score(slice, batchSize, each);
        if (Gradients is not null)
            chain.ComputeParameterGradients(slice.GroupCount, isFirst);
        return score;
    }

    public override IEnumerable<StepPart> PartsOfStep(ImageExamples examples, int[] batch)
    {
        var groups = LaneGroup.CountFor(batch.Length);
        var stages = chain.Stages;
        yield return new("input", 0, () => input.Load(new BatchSlice(examples, batch)));
        foreach (var stage in stages)
            yield return new($"{stage.Name}", stage.MultiplyAdds, () => stage.Forward(groups));
        yield return new("loss", 0, () => loss.Score(new BatchSlice(examples, batch), batch.Length));
        foreach (var (index, stage) in stages.Index().Reverse())
        {
            yield return new($"{stage.Name}: parameters' gradients", stage.MultiplyAdds, () => stage.ComputeParameterGradients(groups, isFirst: true));
            if (index > 0 && stages[index - 1].Output.HasGradients)
                yield return new($"{stage.Name}: input's gradients", stage.MultiplyAdds, () => stage.ComputeInputGradients(groups));
        }

        yield return new("optimizer", 0, TakeStep);
    }

    private protected override void CopyOutput(Span<float> to)
    {
        var output = chain.Output;
        var classes = output.Shape.Channels;
        for (var index = 0; index < to.Length; index++)
        {
            var (group, lane) = Math.DivRem(index / classes, LaneGroup.Size);
            to[index] = output.Values[(group * output.GroupLength) + (index % classes * LaneGroup.Size) + lane];
        }
    }

    public override void SetLearningRate(float learningRate) =>
        (optimizer ?? throw new InvalidOperationException("a network for evaluation takes no steps")).LearningRate = learningRate;

    private protected override void TakeStep()
    {
        if (optimizer is null || Gradients is null)
            throw new InvalidOperationException("a network for evaluation takes no steps");
        optimizer.Step(Parameters.Values, Gradients.Values, Parameters.Length);
    }
}
