using FlDurable.Shared.Datasets;
using FlDurable.Shared.Records;

namespace FlDurable.ClientActivities;

/// <summary>The evaluation of parameters, the same loop for every engine.</summary>
internal static class Evaluation
{
    /// <summary>Scores every example once, in order.</summary>
    /// <param name="network">The engine's network with the parameters.</param>
    /// <param name="examples">At least one example.</param>
    /// <param name="batchSize">How many examples the engine takes at once.</param>
    /// <param name="logits">Takes the logits, one example after another; empty where nobody asks.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    public static Metrics Run(IEngineNetwork network, ImageExamples examples, int batchSize, Memory<float> logits, CancellationToken cancellationToken)
    {
        int[] all = [.. Enumerable.Range(0, examples.Count)];
        var score = default(Score);
        foreach (var batch in new BatchOrder.Batches(all, batchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            score += network.Compute(examples, batch);
            if (logits.IsEmpty)
                continue;
            var its = batch.Length * examples.Classes;
            network.CopyLogits(logits.Span[..its]);
            logits = logits[its..];
        }

        return score.ToMetrics();
    }
}
