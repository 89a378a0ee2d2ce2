using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Rounds;

/// <summary>What a client's steps of SGD come to.</summary>
public static class LocalSteps
{
    /// <summary>How many steps a client takes: one for each batch of each epoch.</summary>
    /// <param name="epochs">How often it meets each example.</param>
    /// <param name="batchSize">Examples in a batch.</param>
    /// <param name="network">Whether it looks at batches: then an example that would be left alone joins the batch before it.</param>
    /// <param name="examples">How many examples it trains on.</param>
    public static long Count(int epochs, int batchSize, Network network, int examples)
    {
        var (whole, rest) = Math.DivRem(examples, batchSize);
        var joins = network.LooksAtBatches && batchSize > 1 && rest == 1 && whole > 0;
        return (long)epochs * (whole + (rest == 0 || joins ? 0 : 1));
    }

    /// <summary>
    /// |a|, how often each gradient counts in where the client ends, added up over its steps: their number τ; with momentum ρ it is
    /// (τ − ρ (1 − ρ^τ) / (1 − ρ)) / (1 − ρ) (Wang, Liu, Liang, Joshi and Poor, "Tackling the Objective Inconsistency Problem in
    /// Heterogeneous Federated Optimization", NeurIPS 2020, §4.1). x − w is the learning rate times |a| times a mean of the gradients.
    /// </summary>
    /// <param name="steps">τ.</param>
    /// <param name="momentum">ρ, 0 to below 1.</param>
    public static double Norm(int steps, double momentum)
    {
        // The power as a running product: no platform's pow has a say.
        double power = 1, norm = 0;
        for (var step = 0; step < steps; step++)
        {
            power *= momentum;
            norm += (1 - power) / (1 - momentum);
        }

        return norm;
    }
}
