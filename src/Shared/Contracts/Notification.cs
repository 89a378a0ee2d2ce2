namespace FlDurable.Shared.Contracts;

/// <summary>That a federation is over, for somebody who wants to be told.</summary>
/// <param name="Url">Who.</param>
/// <param name="Federation">The federation's id.</param>
/// <param name="Status">How it ended: <c>completed</c>, <c>failed</c> or <c>terminated</c>.</param>
/// <param name="EndedAt">When, in UTC.</param>
public sealed record Notification(string Url, string Federation, string Status, DateTimeOffset EndedAt)
{
    /// <summary>The instance that tells it. There is one of a federation, since a federation ends once.</summary>
    public string InstanceId => InstanceOf(Federation);

    /// <summary>The instance that tells of a federation's end.</summary>
    public static string InstanceOf(string federation) => $"{federation}:notify";
}
