using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities;

/// <summary>
/// A number of a client's own that goes with its update: what its training has made of it, or of its examples. The round's record has every client's, and as <c>fit.{name}</c> their
/// mean by examples, the smallest and the largest. It leaves the client as it is: no privacy covers it but a site's policy.
/// </summary>
public interface IClientMetric
{
    /// <summary>Its name, such as <c>gradientNorm</c>.</summary>
    string Name { get; }

    /// <summary>The package that its code is in.</summary>
    PackageVersion Package => PackageVersion.Of(GetType().Assembly);

    /// <summary>Measures. A pure function of its argument, called on any thread.</summary>
    /// <param name="training">What the client has trained.</param>
    /// <returns>The number, at most 1e39 in magnitude; one that is infinite or not a number counts as not measured.</returns>
    double Measure(ClientTraining training);
}

/// <summary>A client's training of a round, done.</summary>
/// <param name="Task">What it has trained on, from where, and how.</param>
/// <param name="Trained">The parameters that it has come to, before anything is clipped or hidden of them.</param>
/// <param name="Metrics">What the engine says of its last epoch.</param>
public sealed record ClientTraining(TrainingTask Task, ModelParameters Trained, Metrics Metrics);
