using System.Runtime.CompilerServices;
using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>
/// The loss −ln softmax(logits)[label], its gradient by the logits, and whether the largest logit is the label's.
/// </summary>
internal sealed unsafe class SoftmaxCrossEntropy<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    private readonly Activations logits;
    private readonly float* labels; // a lane an image; no class in the lanes that hold none
    private readonly float* exponentials;
    private readonly float* losses; // by lane: the largest logit minus the label's
    private readonly float* sums; // by lane: of exponentials
    private readonly float* predictions; // by lane: the class of the largest logit

    private const float NoClass = -1f;

    public SoftmaxCrossEntropy(LaneMemory memory, Activations logits)
    {
        this.logits = logits;
        labels = memory.Allocate(BatchSlice.Images);
        exponentials = memory.Allocate(logits.GroupLength);
        losses = memory.Allocate(LaneGroup.Size);
        sums = memory.Allocate(LaneGroup.Size);
        predictions = memory.Allocate(LaneGroup.Size);
    }

    /// <summary>Scores a slice's logits, and leaves their gradients of the mean over the whole batch where they are asked for.</summary>
    /// <param name="slice">The images whose logits these are.</param>
    /// <param name="batchSize">Images in the whole batch.</param>
    /// <param name="each">Takes each image's own score; empty where nobody asks.</param>
    public Score Score(BatchSlice slice, int batchSize, Span<Score> each = default)
    {
        LoadLabels(slice);
        var score = default(Score);
        for (var group = 0; group < slice.GroupCount; group++)
        {
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                ScoreLanes(group, lane, 1f / batchSize);
            var first = group * LaneGroup.Size;
            var images = default(Score);
            for (var lane = 0; lane < Math.Min(LaneGroup.Size, slice.Indexes.Length - first); lane++)
            {
                var image = ScoreOf(first, lane);
                images += image;
                if (!each.IsEmpty)
                    each[first + lane] = image;
            }

            score += images;
        }

        return score;
    }

    private Score ScoreOf(int first, int lane) =>
        new(Logarithm.Of(sums[lane]) + losses[lane], predictions[lane] == labels[first + lane] ? 1 : 0, Images: 1);

    private void LoadLabels(BatchSlice slice)
    {
        for (var lane = 0; lane < BatchSlice.Images; lane++)
            labels[lane] = lane < slice.Indexes.Length ? slice.Examples.Label(slice.Indexes[lane]) : NoClass;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScoreLanes(int group, int lane, float weight)
    {
        var classes = logits.Shape.Channels;
        var values = logits.Values + group * logits.GroupLength + lane;
        var label = TLanes.Load(labels + group * LaneGroup.Size + lane);

        var largest = TLanes.Load(values);
        var predicted = default(TLanes);
        for (var index = 1; index < classes; index++)
            Maximum.Meet(TLanes.Load(values + index * LaneGroup.Size), index, ref largest, ref predicted);

        var sum = default(TLanes);
        var labelled = default(TLanes);
        for (var index = 0; index < classes; index++)
        {
            var below = TLanes.Load(values + index * LaneGroup.Size) - largest;
            var exponential = Exponential.OfNonPositive(below);
            exponential.Store(exponentials + index * LaneGroup.Size + lane);
            sum += exponential;
            labelled = TLanes.Select(TLanes.AreEqual(label, TLanes.Broadcast(index)), below, labelled);
        }

        (default(TLanes) - labelled).Store(losses + lane);
        sum.Store(sums + lane);
        predicted.Store(predictions + lane);
        if (logits.HasGradients)
            ComputeGradients(group, lane, weight, label, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ComputeGradients(int group, int lane, float weight, TLanes label, TLanes sum)
    {
        var hasImage = TLanes.IsGreater(label, TLanes.Broadcast(NoClass));
        var imageWeight = TLanes.Select(hasImage, TLanes.Broadcast(weight), default);
        var scale = imageWeight / sum;
        for (var index = 0; index < logits.Shape.Channels; index++)
        {
            var target = TLanes.Select(TLanes.AreEqual(label, TLanes.Broadcast(index)), imageWeight, default);
            var gradient = TLanes.Load(exponentials + index * LaneGroup.Size + lane) * scale - target;
            gradient.Store(logits.Gradients + group * logits.GroupLength + index * LaneGroup.Size + lane);
        }
    }
}
