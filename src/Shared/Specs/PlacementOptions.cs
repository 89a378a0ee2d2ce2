using System.Text.Json.Serialization;

namespace FlDurable.Shared.Specs;

/// <summary>Where clients' work is done, and how long it is waited for.</summary>
/// <param name="Kind"><see cref="Host"/>, <see cref="Pool"/> or <see cref="Site"/>.</param>
/// <param name="AttemptTimeoutSeconds">How long a worker may have work, from when it took it; then another attempt is offered.</param>
/// <param name="MaxAttempts">How many attempts are offered; then the work falls back, or has failed.</param>
/// <param name="EnrolTimeoutSeconds">How long a federation waits for its sites to enrol.</param>
/// <param name="Fallback">What becomes of work that no worker of the pool has done: <see cref="Host"/> or <see cref="None"/>; null for the first.</param>
/// <param name="QueueTimeoutSeconds">How long work waits for a worker of the pool to take it; then it falls back, or has failed. Null for the usual.</param>
public sealed record PlacementOptions(
    string Kind, int AttemptTimeoutSeconds = PlacementOptions.UsualAttemptTimeoutSeconds, int MaxAttempts = PlacementOptions.UsualMaxAttempts,
    int EnrolTimeoutSeconds = PlacementOptions.UsualEnrolTimeoutSeconds, string? Fallback = null, int? QueueTimeoutSeconds = null)
{
    /// <summary>The host does it.</summary>
    public const string Host = "host";

    /// <summary>Workers without data of their own do it, which read it from the host's artifacts.</summary>
    public const string Pool = "pool";

    /// <summary>As <see cref="Fallback"/>: nobody does it, and its clients have failed.</summary>
    public const string None = "none";

    /// <summary>Each site does its own.</summary>
    public const string Site = "site";

    /// <summary>The time-out of an attempt where none is given: an hour.</summary>
    public const int UsualAttemptTimeoutSeconds = 3600;

    /// <summary>The attempts where no number is given.</summary>
    public const int UsualMaxAttempts = 3;

    /// <summary>How long sites are waited for where it is not given: a day.</summary>
    public const int UsualEnrolTimeoutSeconds = 86_400;

    /// <summary>How long work waits in the queue of the pool where it is not given: half an hour, in which a machine with a GPU can start.</summary>
    public const int UsualQueueTimeoutSeconds = 1800;

    /// <summary>Whether it is done by the pool.</summary>
    [JsonIgnore]
    public bool IsInPool => Kind == Pool;

    /// <summary>Whether the host does what no worker has done.</summary>
    [JsonIgnore]
    public bool FallsBack => IsInPool && Fallback != None;

    /// <summary>How long work waits for somebody to take it, in seconds; null for as long as it takes: a site's work is nobody else's.</summary>
    [JsonIgnore]
    public int? QueueSeconds => IsInPool ? QueueTimeoutSeconds ?? UsualQueueTimeoutSeconds : null;

    /// <summary>Whether it is done at sites.</summary>
    [JsonIgnore]
    public bool IsAtSites => Kind == Site;

    /// <summary>As a person writes it on a command line.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{PlacementField.KindName}={Kind},{PlacementField.AttemptTimeoutName}={AttemptTimeoutSeconds},{PlacementField.MaxAttemptsName}={MaxAttempts},{PlacementField.EnrolTimeoutName}={EnrolTimeoutSeconds}")
        + (Fallback is null ? "" : $",{PlacementField.FallbackName}={Fallback}")
        + (QueueTimeoutSeconds is null ? "" : FormattableString.Invariant($",{PlacementField.QueueTimeoutName}={QueueTimeoutSeconds}"));
}
