using System.Globalization;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Curves;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Pictures;
using FlDurable.LocalHost.State;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Reports;

/// <summary>Federations beside each other: by one measure, which all of them have.</summary>
internal sealed class Comparison
{
    private const double Grain = 0.01;

    private readonly IReadOnlyList<FederationReport> reports;
    private readonly string what;

    /// <param name="reports">The federations, each with a recorded round.</param>
    /// <param name="measure">What is measured: <c>accuracy</c>, <c>loss</c> or another.</param>
    /// <param name="aims">The values to tell when each was reached; none for the best that all have reached.</param>
    /// <exception cref="UsageException">There is nothing that all of them have measured.</exception>
    public Comparison(IReadOnlyList<FederationReport> reports, string measure, IReadOnlyList<double> aims)
    {
        this.reports = reports;
        what = measure;
        var measured = reports.Select(report => RecordedCurves.Of(report.Rounds, measure, Across.Rounds).Where(HasNumbers).Select(curve => curve.Name).ToList()).ToList();
        Whose = measured[0].FirstOrDefault(whose => measured.TrueForAll(of => of.Contains(whose)))
            ?? throw new UsageException($"--measure: {Printable.Line(measure)} was not measured in the same way in all of them: "
                + string.Join("; ", reports.Zip(measured, (report, of) => $"'{report.Id}' has {(of.Count == 0 ? "none" : string.Join(", ", of))}")));
        Runs = [.. reports.Select(report => Run.Of(report, measure, Whose))];
        Aims = aims.Count > 0 ? aims : [ReachedByAll()];
    }

    /// <summary>Whose measure it is: <c>central</c> where all have that.</summary>
    public string Whose { get; }

    /// <summary>The federations.</summary>
    public IReadOnlyList<Run> Runs { get; }

    /// <summary>The values to be reached.</summary>
    public IReadOnlyList<double> Aims { get; }

    /// <summary>The headings of <see cref="Rows"/>.</summary>
    public IReadOnlyList<string> Columns =>
    [
        "federation", "status", "rounds", $"best {Whose} {what}", "in round", $"last {Whose} {what}", "seconds",
        .. Aims.SelectMany(aim => (string[])[$"rounds to {Number(aim)}", $"seconds to {Number(aim)}"]),
    ];

    /// <summary>A row for each federation: text and numbers.</summary>
    public IEnumerable<IReadOnlyList<object?>> Rows => Runs.Select(run => (IReadOnlyList<object?>)
    [
        run.Report.Id, run.Report.Status, run.Report.Rounds[^1].Round, run.Best.Value, run.Best.Round, run.Points[^1].Value, run.Points[^1].Seconds,
        .. Aims.SelectMany(aim => run.FirstToReach(what, aim) is { } point ? (object?[])[point.Round, point.Seconds] : [null, null]),
    ]);

    /// <summary>What differs in what they were asked to do: a row for each field, with each federation's value.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Differences()
    {
        var specs = reports.Select(report => SpecFields.Told(report.Spec, report.Engine, report.Dataset).ToDictionary()).ToList();
        return [.. specs.SelectMany(spec => spec.Keys).Distinct()
            .Select(field => (Field: field, Values: specs.Select(spec => spec.GetValueOrDefault(field, "")).ToList()))
            .Where(one => one.Values.Distinct(StringComparer.Ordinal).Count() > 1)
            .Select(one => (IReadOnlyList<string>)[one.Field, .. one.Values])];
    }

    /// <summary>A curve for each federation.</summary>
    public Picture Draw(Across across) => CurveFigures.Draw(
        $"{Whose} {what} by {(across == Across.Rounds ? "round" : "seconds")}", RecordedCurves.NameOf(across),
        [.. Runs.Select(run => new Curve(run.Report.Id, [.. run.Points.Select(point => new CurvePoint(across == Across.Rounds ? point.Round : point.Seconds, point.Value))]))]);

    /// <summary>A row as a person reads it.</summary>
    public static IEnumerable<string> Told(IEnumerable<object?> row) => row.Select((cell, column) => cell switch
    {
        null => "never",
        double number when column is 3 or 5 => Figures.Loss(number),
        double number => Figures.Seconds(number),
        int round => Figures.Count(round),
        _ => $"{cell}",
    });

    /// <summary>The best that all have reached, to a hundredth on its worse side.</summary>
    private double ReachedByAll()
    {
        var best = Runs.Select(run => run.Best.Value).ToList();
        var isLess = MeasuredMetric.IsBetter(what, 0, 1);
        var all = isLess ? best.Max() : best.Min();
        var aim = Math.Round((isLess ? Math.Ceiling(all / Grain) : Math.Floor(all / Grain)) * Grain, 2);
        return MeasuredMetric.Reaches(what, all, aim) ? aim : all;
    }

    private static bool HasNumbers(Curve curve) => curve.Points.Any(point => double.IsFinite(point.Y));

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>One federation's values by round.</summary>
    internal sealed record Run(FederationReport Report, IReadOnlyList<Point> Points, Point Best)
    {
        public static Run Of(FederationReport report, string what, string whose)
        {
            var points = RecordedCurves.Along(report.Rounds, Across.Seconds)
                .SelectMany(at => RoundMeasure.AllOf(at.Round).Where(one => one.What == what && one.Whose == whose).Select(one => new Point(at.Round.Round, at.X, one.Value)))
                .ToList();
            var numbers = points.Where(point => double.IsFinite(point.Value)).ToList();
            return new Run(report, points, numbers.Aggregate((best, point) => MeasuredMetric.IsBetter(what, point.Value, best.Value) ? point : best));
        }

        public Point? FirstToReach(string what, double aim) => Points.Where(point => MeasuredMetric.Reaches(what, point.Value, aim)).Cast<Point?>().FirstOrDefault();
    }

    /// <summary>A value, when it was measured.</summary>
    internal readonly record struct Point(int Round, double Seconds, double Value);
}
