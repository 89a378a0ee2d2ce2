using FlDurable.EmbeddedEngine.Histories;

namespace FlDurable.EmbeddedEngine.Turns;

/// <summary>Where a turn left the orchestrator.</summary>
internal abstract record TurnOutcome
{
    /// <summary>It waits for something to arrive.</summary>
    internal sealed record Waiting : TurnOutcome;

    /// <summary>It returned.</summary>
    internal sealed record Completed(string Output) : TurnOutcome;

    /// <summary>It threw, or the engine can't let it go on.</summary>
    internal sealed record Failed(string Reason) : TurnOutcome;

    /// <summary>It begins anew, with the events that no one had taken.</summary>
    internal sealed record ContinuedAsNew(string Input, IReadOnlyList<EventRaised> Events) : TurnOutcome;
}
