using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Tests.Support;

/// <summary>An engine that trains whatever it is asked to.</summary>
internal sealed class AnyEngine : IEngineCatalog
{
    public IReadOnlyList<string> Names => ["any"];

    public string Resolve(string engine, Network network, int largestBatch, bool evaluatesCentrally = false) => "any";
}
