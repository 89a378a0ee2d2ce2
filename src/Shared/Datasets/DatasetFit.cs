using FlDurable.Shared.Contracts;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets;

/// <summary>Whether a spec can be run on a data set.</summary>
public static class DatasetFit
{
    /// <summary>Checks a data set against the network and the number of clients that a spec asks for.</summary>
    /// <exception cref="InvalidSpecException">They don't fit.</exception>
    public static void Check(FederationSpec spec, Network network, ResolvedDataset dataset)
    {
        if (dataset.Shape != network.Input || dataset.Classes != network.Classes)
        {
            throw new InvalidSpecException([new SpecError(
                "network",
                $"{network.Name} takes images of {network.Input} in {network.Classes} classes, "
                + $"the data has {dataset.Shape} in {dataset.Classes} classes ({dataset.Description})")]);
        }

        if (spec.Clients > dataset.TrainExamples)
        {
            throw new InvalidSpecException([new SpecError(
                "clients", $"expected at most one client an image, got {spec.Clients} clients for {dataset.TrainExamples} training images")]);
        }
    }
}
