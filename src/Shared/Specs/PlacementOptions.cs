using System.Text.Json.Serialization;

namespace FlDurable.Shared.Specs;

/// <summary>Where clients' work is done, and how long it is waited for.</summary>
/// <param name="Kind"><see cref="Host"/> or <see cref="Site"/>.</param>
/// <param name="AttemptTimeoutSeconds">How long a worker may have work, from when it took it; then another attempt is offered.</param>
/// <param name="MaxAttempts">How many attempts are offered; then the client has failed.</param>
/// <param name="EnrolTimeoutSeconds">How long a federation waits for its sites to enrol.</param>
public sealed record PlacementOptions(
    string Kind, int AttemptTimeoutSeconds = PlacementOptions.UsualAttemptTimeoutSeconds, int MaxAttempts = PlacementOptions.UsualMaxAttempts,
    int EnrolTimeoutSeconds = PlacementOptions.UsualEnrolTimeoutSeconds)
{
    /// <summary>The host does it.</summary>
    public const string Host = "host";

    /// <summary>Each site does its own.</summary>
    public const string Site = "site";

    /// <summary>The time-out of an attempt where none is given: an hour.</summary>
    public const int UsualAttemptTimeoutSeconds = 3600;

    /// <summary>The attempts where no number is given.</summary>
    public const int UsualMaxAttempts = 3;

    /// <summary>How long sites are waited for where it is not given: a day.</summary>
    public const int UsualEnrolTimeoutSeconds = 86_400;

    /// <summary>Whether it is done at sites.</summary>
    [JsonIgnore]
    public bool IsAtSites => Kind == Site;

    /// <summary>As a person writes it on a command line.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{PlacementField.KindName}={Kind},{PlacementField.AttemptTimeoutName}={AttemptTimeoutSeconds},{PlacementField.MaxAttemptsName}={MaxAttempts},{PlacementField.EnrolTimeoutName}={EnrolTimeoutSeconds}");
}
