namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>Why the host could not do its part of an activity; no word about the activity.</summary>
/// <param name="Reason">What was wrong, for a person.</param>
/// <param name="IsForGood">Whether it stays so until a person mends it.</param>
/// <param name="IsOfStorage">Whether its disk or its storage could not be read or written, of which other work fails too.</param>
internal sealed record HostFailure(string Reason, bool IsForGood, bool IsOfStorage);
