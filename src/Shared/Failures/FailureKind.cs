namespace FlDurable.Shared.Failures;

/// <summary>Whose failure it is, and whether it may pass.</summary>
public enum FailureKind
{
    /// <summary>The work's own, for a reason that nobody foresaw: it is tried again as often as whoever asked for it says.</summary>
    Work,

    /// <summary>The work's own, and the same however often it is tried.</summary>
    WorkForGood,

    /// <summary>The host's, and it may pass: no space, no connection, no memory. It says nothing about the work.</summary>
    HostForNow,

    /// <summary>The host's, until a person mends it: what the work needs is gone or damaged.</summary>
    HostForGood,
}
