namespace FlDurable.Shared.Records;

/// <summary>A client that is missing from a round, and why.</summary>
/// <param name="Client">The client's name.</param>
/// <param name="Activity">The activity in which it was lost.</param>
/// <param name="Reason">What happened, for a person, in some hundred characters at most.</param>
public sealed record ClientFailure(string Client, string Activity, string Reason)
{
    /// <summary>What a person reads of a reason; a client decides what it says, and a record has thousands of clients.</summary>
    public const int MaxReasonBytes = 500;
}
