using System.Text.Json.Serialization;
using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator.Work;

/// <summary>What came of work, as the queue of results tells it to whoever wakes the instance that waits.</summary>
/// <param name="Work">The offer's id.</param>
/// <param name="Instance">The instance.</param>
/// <param name="Event">The event.</param>
/// <param name="Result">What came of it.</param>
public sealed record ToldWork(string Work, string Instance, string Event, PartResult Result)
{
    /// <summary>Whether it tells an instance of the work's federation of the end of that work, and nothing else: whoever may send into the queue might send anything.</summary>
    [JsonIgnore]
    public bool IsOfItsWork => WorkNames.EventOf(Work) is { } own && own == Event && Instance.StartsWith($"{WorkNames.FederationOf(Work)}:", StringComparison.Ordinal);
}
