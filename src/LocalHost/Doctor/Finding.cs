namespace FlDurable.LocalHost.Doctor;

/// <summary>How something is.</summary>
internal enum Condition
{
    /// <summary>As it should be.</summary>
    Well,

    /// <summary>To be known; nothing fails of it.</summary>
    Note,

    /// <summary>Something that a command needs fails of it.</summary>
    Broken,
}

/// <summary>What a checkup found.</summary>
/// <param name="Subject">What was looked at, in a word.</param>
/// <param name="Condition">How it is.</param>
/// <param name="What">What was seen, for a person.</param>
/// <param name="Advice">What to do about it; absent if nothing is to be done.</param>
internal sealed record Finding(string Subject, Condition Condition, string What, string? Advice = null);
