using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Specs;

/// <summary>Which training engines a host has.</summary>
public interface IEngineCatalog
{
    /// <summary>Their names, the preferred one first.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Decides which engine trains a network on this machine.</summary>
    /// <param name="engine">An engine's name, or <c>auto</c> for the first that can.</param>
    /// <param name="network">The network.</param>
    /// <param name="largestBatch">How many images a batch of the training has at most.</param>
    /// <param name="evaluatesCentrally">Whether it judges parameters on the central test set, by the host's own metrics too.</param>
    /// <returns>The engine's name.</returns>
    /// <exception cref="InvalidSpecException">That engine, or every engine, can't; the message says why.</exception>
    string Resolve(string engine, Network network, int largestBatch, bool evaluatesCentrally = false);
}
