namespace FlDurable.Shared.Notifications;

/// <summary>Where somebody wants to be told that a federation is over.</summary>
public static class NotificationUrl
{
    /// <summary>What one looks like.</summary>
    public const string Rule = "an https:// URL (http:// only within a network that the host allows), without user or fragment";

    /// <summary>The longest.</summary>
    public const int MaxLength = 2_000;

    /// <summary>Whether it is one. Whether its address may be called is known when it is.</summary>
    public static bool IsOne(string text) =>
        text.Length <= MaxLength
        && !text.Any(char.IsWhiteSpace)
        && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
        && text.StartsWith($"{url.Scheme}://", StringComparison.Ordinal)
        && url is { UserInfo.Length: 0, Fragment.Length: 0, Host.Length: > 0 };
}
