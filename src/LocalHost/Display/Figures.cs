using System.Globalization;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Display;

/// <summary>Figures as people read them, the same everywhere.</summary>
internal static class Figures
{
    public static string Loss(double? loss) => Format(loss, loss < 1e6 ? "0.0000" : "0.0000e+0");

    public static string Accuracy(double? accuracy) => Format(accuracy, "0.0000");

    public static string Seconds(double? seconds) => Format(seconds, "0.0");

    /// <summary>What privacy has cost; without noise there is no bound.</summary>
    public static string Epsilon(RoundPrivacy? privacy) => privacy is { Epsilon: null } ? "no bound" : Format(privacy?.Epsilon, "0.0000");

    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>How many of a thing.</summary>
    /// <param name="count">How many.</param>
    /// <param name="thing">The thing, in the singular.</param>
    public static string Count(long count, string thing) => $"{Count(count)} {thing}{(count == 1 ? "" : "s")}";

    /// <summary>A size in megabytes, with a decimal where there are few.</summary>
    public static string Megabytes(long bytes) => $"{Format(bytes / 1e6, bytes < 9_950_000 ? "0.0" : "#,0")} MB";

    public static string Of(Metrics metrics)
    {
        var backdoor = Accuracy(metrics.FindBackdoorSuccess());
        return $"loss {Loss(metrics.Loss)}  accuracy {Accuracy(metrics.Accuracy)}{(backdoor.Length == 0 ? "" : $"  backdoor {backdoor}")}";
    }

    private static string Format(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
