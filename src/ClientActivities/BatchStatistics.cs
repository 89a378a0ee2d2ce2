using FlDurable.Shared.Networks;

namespace FlDurable.ClientActivities;

/// <summary>What batch normalisation asks of batches: more than one value a channel, since one alone has no variance.</summary>
internal static class BatchStatistics
{
    /// <summary>Why a network can't be trained on such batches; null when it can.</summary>
    /// <param name="network">The network.</param>
    /// <param name="batch">Images in the largest batch.</param>
    public static string? WhyNot(Network network, int batch) =>
        batch == 1 && FindOnOneValue(network.Layers, network.Input) is { } norm
            ? $"batch normalisation {norm.Name} has one value a channel in a batch of one image, and takes two: a larger batchSize, or more images, would do"
            : null;

    private static BatchNorm2d? FindOnOneValue(IReadOnlyList<Layer> layers, ImageShape shape)
    {
        foreach (var layer in layers)
        {
            var found = layer switch
            {
                BatchNorm2d norm when shape is { Height: 1, Width: 1 } => norm,
                Residual residual => FindOnOneValue(residual.Body, shape) ?? FindOnOneValue(residual.Shortcut, shape),
                _ => null,
            };
            if (found is not null)
                return found;
            shape = layer.OutputShape(shape);
        }

        return null;
    }
}
