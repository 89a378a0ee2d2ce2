namespace FlDurable.Shared.Records;

/// <summary>An attempt at a round that is not recorded yet.</summary>
public sealed record RoundInProgress
{
    /// <summary>The round.</summary>
    public required int Round { get; init; }

    /// <summary>Which attempt at it, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>What is being done: <c>selecting</c>, <c>training</c>, <c>aggregating</c>, <c>evaluating</c> or <c>recording</c>.</summary>
    public required string Step { get; init; }

    /// <summary>When that began.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When the round goes on without the clients that have not arrived; absent without a deadline.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>How far the clients are that train or evaluate; absent in the other steps.</summary>
    public ClientsInProgress? Clients { get; init; }
}

/// <summary>How far the clients of a round are. Where they are more than 256 cohorts, whole parts of the selection are counted, once they are done.</summary>
/// <param name="Selected">How many there are.</param>
/// <param name="Succeeded">How many have a result.</param>
/// <param name="Failed">How many are named failures.</param>
/// <param name="Outstanding">How many are neither: at work, or waiting for their turn.</param>
/// <param name="Failures">The first failures, at most 10.</param>
/// <param name="WaitingFor">The names of the first that are outstanding, at most 10; empty where parts are counted.</param>
public sealed record ClientsInProgress(
    int Selected, int Succeeded, int Failed, int Outstanding, IReadOnlyList<ClientFailure> Failures, IReadOnlyList<string> WaitingFor)
{
    /// <summary>Of the outstanding, those that take much longer than the others did, at most 10; absent where none is known to.</summary>
    public IReadOnlyList<SlowClients>? Slow { get; init; }

    /// <summary>Of the outstanding, those whose worker gives no sign of life, at most 10; absent where there are none.</summary>
    public IReadOnlyList<SilentWorker>? Silent { get; init; }
}

/// <summary>Clients that take much longer than the others of the round did: at least three times their median, and two seconds more.</summary>
/// <param name="Clients">One, or those of a cohort, which are worked through one after another: the first 10.</param>
/// <param name="Seconds">For how long they have been at work, at least.</param>
/// <param name="UsualSeconds">The median of what the others took.</param>
public sealed record SlowClients(IReadOnlyList<string> Clients, double Seconds, double UsualSeconds)
{
    private const double Times = 3;
    private const double LeastSeconds = 2;

    /// <summary>Whether that is much longer than others took.</summary>
    /// <param name="seconds">How long.</param>
    /// <param name="usualSeconds">The median of the others.</param>
    public static bool IsSlow(double seconds, double usualSeconds) => seconds >= usualSeconds * Times && seconds >= usualSeconds + LeastSeconds;
}

/// <summary>A worker that is to do clients' work and has not been heard of for longer than one that lives is silent.</summary>
/// <param name="Clients">Whose work it is: the first 10 clients.</param>
/// <param name="Worker">Who: a site, or whoever has the key of a worker of the pool; absent where all of the pool are silent.</param>
/// <param name="Seconds">For how long; absent where it was not heard of for a day, or never.</param>
public sealed record SilentWorker(IReadOnlyList<string> Clients, string? Worker, int? Seconds);
