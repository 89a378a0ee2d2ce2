using System.Globalization;

namespace FlDurable.Bench;

/// <summary>The figures of one engine.</summary>
/// <param name="Engine">What it is.</param>
/// <param name="SequentialMilliseconds">An activity, when each waits for the one before.</param>
/// <param name="FanOutMilliseconds">An activity of a fan-out of 100.</param>
/// <param name="RoundMilliseconds">A round of ten activities, in a child of an instance that continues as new.</param>
/// <param name="RequestsPerIdleMinute">Requests to storage in 60 seconds in which nothing happens; null where there is none.</param>
internal sealed record HubFigures(
    string Engine, double SequentialMilliseconds, double FanOutMilliseconds, double RoundMilliseconds, int? RequestsPerIdleMinute)
{
    public static string ToTable(IEnumerable<HubFigures> figures) => string.Join(
        Environment.NewLine,
        figures.Select(one => string.Create(
            CultureInfo.InvariantCulture,
            $"{one.Engine,-32} {one.SequentialMilliseconds,9:F2} {one.FanOutMilliseconds,9:F2} {one.RoundMilliseconds,9:F2} {one.RequestsPerIdleMinute,9}"))
            .Prepend($"{"",-32} {"sequence",9} {"fan-out",9} {"round",9} {"idle/min",9}")
            .Prepend("ms, medians of three: an activity after another; an activity of a fan-out of 100; a round of 10; requests to storage in an idle minute"));
}
