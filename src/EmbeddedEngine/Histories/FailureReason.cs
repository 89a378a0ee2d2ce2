using FlDurable.Shared.Texts;

namespace FlDurable.EmbeddedEngine.Histories;

/// <summary>An exception as the reason that is recorded: its message, within the limit of messages.</summary>
internal static class FailureReason
{
    private const int MaxLength = 4_000;

    public static string Of(Exception exception) => Of(exception.Message);

    public static string Of(string reason) => Excerpt.Of(reason, MaxLength);
}
