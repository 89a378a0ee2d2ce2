using FlDurable.EmbeddedEngine.Histories;

namespace FlDurable.EmbeddedEngine.Turns;

/// <summary>
/// The decisions of a turn. In a turn that history has, each one must be what history has next; in a new turn they are what history
/// gets.
/// </summary>
internal sealed class DecisionLog
{
    private readonly List<Decision> made = [];
    private IReadOnlyList<Decision>? recorded;

    /// <summary>Whether the turn is one that history has.</summary>
    public bool IsReplaying => recorded is not null;

    /// <summary>Where the code left its history; null as long as it follows it.</summary>
    public string? Mismatch { get; private set; }

    /// <summary>The turn's decisions so far.</summary>
    public IReadOnlyList<Decision> Made => made;

    public void BeginTurn(IReadOnlyList<Decision>? recordedDecisions)
    {
        recorded = recordedDecisions;
        made.Clear();
    }

    /// <exception cref="ReplayMismatchException">It is not what history has.</exception>
    public void Add(Decision decision)
    {
        if (recorded is not null && Mismatch is null)
        {
            if (made.Count == recorded.Count)
                Mismatch = $"history has no further call in this turn, but the code called {DecisionText.Of(decision)}";
            else if (recorded[made.Count] != decision)
                Mismatch = $"expected {DecisionText.Of(recorded[made.Count])}, but the code called {DecisionText.Of(decision)}";
        }

        if (Mismatch is not null)
            throw new ReplayMismatchException(Mismatch);
        made.Add(decision);
    }

    /// <summary>Checks at a replayed turn's end that nothing is missing.</summary>
    /// <param name="insteadOfACall">What the code did.</param>
    public void EndTurn(string insteadOfACall)
    {
        if (recorded is not null && Mismatch is null && made.Count < recorded.Count)
            Mismatch = $"expected {DecisionText.Of(recorded[made.Count])}, but the code {insteadOfACall}";
    }
}

/// <summary>
/// Stops the code that left its history. What the code does with this exception doesn't matter: the engine looks at
/// <see cref="DecisionLog.Mismatch"/>.
/// </summary>
internal sealed class ReplayMismatchException(string mismatch) : Exception(mismatch);
