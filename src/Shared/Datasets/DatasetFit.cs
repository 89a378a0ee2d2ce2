using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets;

/// <summary>Whether a spec can be run on a data set.</summary>
public static class DatasetFit
{
    /// <summary>Makes the network fit a data set, and checks that against the number of clients that a spec asks for.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="plan">The network that it names.</param>
    /// <param name="dataset">The data set.</param>
    /// <returns>The network for its images.</returns>
    /// <exception cref="InvalidSpecException">They don't fit.</exception>
    public static Network Check(FederationSpec spec, NetworkPlan plan, ResolvedDataset dataset)
    {
        if (spec.Clients > dataset.TrainExamples)
        {
            throw new InvalidSpecException([new SpecError(
                "clients", $"expected at most one client an image, got {spec.Clients} clients for {dataset.TrainExamples} training images")]);
        }

        if (spec.CentralEvaluation && dataset.TestExamples == 0)
            throw new InvalidSpecException([new SpecError("centralEvaluation", $"expected false, since there are no test images ({dataset.Description})")]);

        if (spec.Augmentation is not null && dataset.Shape.IsTable)
            throw new InvalidSpecException([new SpecError("augmentation", $"expected none: a table has no images ({dataset.Description})")]);

        if (spec.Augmentation is { } augmentation && augmentation.Pad >= Math.Min(dataset.Shape.Height, dataset.Shape.Width))
            throw new InvalidSpecException([new SpecError("augmentation.pad", FormattableString.Invariant($"expected less than the sides of the images, {dataset.Shape.Width}×{dataset.Shape.Height}, got {augmentation.Pad}"))]);

        if (spec.Normalization is { } normalization)
            Check(normalization, dataset);

        try
        {
            return plan.For(dataset.Shape, dataset.Classes);
        }
        catch (NetworkFitException exception)
        {
            throw new InvalidSpecException([new SpecError("network", $"{exception.Message} ({dataset.Description}){(dataset.Shape.IsTable ? "; mlp takes a table, as do networks of linear layers" : "")}")]);
        }
    }

    private static void Check(PixelNormalization normalization, ResolvedDataset dataset)
    {
        if (dataset.Shape.IsTable)
            throw new InvalidSpecException([new SpecError("normalization", $"expected none: a table has no images, and is standardised by itself ({dataset.Description})")]);
        foreach (var (name, numbers) in ((string, IReadOnlyList<double>)[])[(NormalizationField.MeanName, normalization.Mean), (NormalizationField.StdName, normalization.Std)])
        {
            if (numbers.Count != 1 && numbers.Count != dataset.Shape.Channels)
                throw new InvalidSpecException([new SpecError($"normalization.{name}", $"expected one number, or one for each of the images' {dataset.Shape.Channels} channels; got {numbers.Count} ({dataset.Description})")]);
        }
    }
}
