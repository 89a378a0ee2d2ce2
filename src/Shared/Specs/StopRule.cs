using System.Globalization;

namespace FlDurable.Shared.Specs;

/// <summary>When a federation ends before its last round.</summary>
/// <param name="Metric">The measure that is looked at: one of <see cref="MeasuredMetric.Names"/>.</param>
/// <param name="Patience">It ends after so many rounds in a row without a better value than before; null for no such end.</param>
/// <param name="Reaches">It ends once the value is as good as this; null for no such end.</param>
public sealed record StopRule(string Metric, int? Patience = null, double? Reaches = null)
{
    /// <summary>As a person writes it on a command line: <c>metric=centralAccuracy,patience=5</c>.</summary>
    public override string ToString()
    {
        var patience = Patience is { } rounds ? FormattableString.Invariant($",{StopRuleField.Patience}={rounds}") : "";
        var reaches = Reaches is { } value ? string.Create(CultureInfo.InvariantCulture, $",{StopRuleField.Reaches}={value}") : "";
        return $"{StopRuleField.Metric}={Metric}{patience}{reaches}";
    }
}
