namespace FlDurable.Shared.Contracts;

/// <summary>That a federation is over, for somebody who wants to be told.</summary>
/// <param name="Url">Who.</param>
/// <param name="Federation">The federation's id.</param>
/// <param name="Status">How it ended: <c>completed</c>, <c>failed</c> or <c>terminated</c>.</param>
/// <param name="EndedAt">When, in UTC.</param>
/// <param name="Retries">How often it was retried before, after it had failed; null for never.</param>
public sealed record Notification(string Url, string Federation, string Status, DateTimeOffset EndedAt, int? Retries = null)
{
    /// <summary>The instance that tells it. There is one of each end of a federation, of which it has one more with every retry.</summary>
    public string InstanceId => InstanceOf(Federation, Retries);

    /// <summary>The instance that tells of a federation's end.</summary>
    /// <param name="federation">The federation.</param>
    /// <param name="retries">How often it was retried before that end.</param>
    public static string InstanceOf(string federation, int? retries) => retries is > 0 ? $"{Any(federation)}-{retries}" : Any(federation);

    /// <summary>Whether an instance tells of an end of a federation.</summary>
    public static bool IsInstanceOf(string federation, string instanceId) => instanceId.StartsWith(Any(federation), StringComparison.Ordinal);

    private static string Any(string federation) => $"{federation}:notify";
}
