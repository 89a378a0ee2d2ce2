using System.Numerics.Tensors;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities;

/// <summary>
/// A measure of a host's own: what the global parameters of a round make of the central test set, as one number. It stands in the round's record
/// as <c>central.{name}</c>, and <c>keepBest</c> and <c>stopWhen</c> can name it so. The smaller is the better where its name ends in Loss or Error,
/// the larger otherwise.
/// </summary>
public interface IMetric
{
    /// <summary>Its name, such as <c>balancedAccuracy</c>.</summary>
    string Name { get; }

    /// <summary>The package that its code is in.</summary>
    PackageVersion Package => PackageVersion.Of(GetType().Assembly);

    /// <summary>Measures. A pure function of its argument, called on any thread.</summary>
    /// <param name="predictions">What the network makes of every image of the test set.</param>
    /// <returns>The number; one that is infinite or not a number counts as not measured.</returns>
    double Measure(Predictions predictions);
}

/// <summary>What a network makes of images.</summary>
/// <param name="examples">The images, at least one.</param>
/// <param name="logits">Its logits, one image after another.</param>
public sealed class Predictions(ImageExamples examples, ReadOnlyMemory<float> logits)
{
    /// <summary>The images.</summary>
    public ImageExamples Examples => examples;

    /// <summary>How many images there are.</summary>
    public int Count => examples.Count;

    /// <summary>How many classes there are.</summary>
    public int Classes => examples.Classes;

    /// <summary>The class that an image is of.</summary>
    public int Label(int image) => examples.Label(image);

    /// <summary>An image's logits, one a class.</summary>
    public ReadOnlySpan<float> Logits(int image) => logits.Span.Slice(image * Classes, Classes);

    /// <summary>The class that an image is taken for: that of the largest logit, of several the first.</summary>
    public int Class(int image) => TensorPrimitives.IndexOfMax(Logits(image));
}
