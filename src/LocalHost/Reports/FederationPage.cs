using System.Globalization;
using FlDurable.LocalHost.Curves;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Show;
using FlDurable.LocalHost.State;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Reports;

/// <summary>What is known of a federation, as a page.</summary>
internal static class FederationPage
{
    private const int MostRows = 500;
    private const int MostTold = 200;
    private const int MostClassesDrawn = 30;
    private const int MostMeasures = 12;
    private const int MostSpans = 12;

    /// <summary>The page.</summary>
    /// <param name="report">What is known of the federation.</param>
    /// <param name="data">How its data is divided; null if that isn't known here.</param>
    public static byte[] Of(FederationReport report, DivisionByClass? data)
    {
        var page = new HtmlPage($"Federation {report.Id}");
        var done = report.Rounds is [.., { Round: var last }] ? last : 0;
        page.Paragraph($"{report.Status}, {Figures.Count(done)} of {Figures.Count(report.PlannedRounds, "round")}{(report.Stopped is { } stopped ? $": {stopped}" : "")}");
        if (report.Failure is { } failure)
            page.Paragraph($"failure: {failure}", "bad");
        foreach (var past in report.PastFailures ?? [])
            page.Paragraph($"failed in round {Figures.Count(past.Round)} before it was retried: {past.Reason}", "bad");
        foreach (var damaged in report.Damage ?? [])
            page.Paragraph($"damaged: {damaged}", "bad");
        WriteFacts(page, report);
        if (data is not null)
            WriteDivision(page, new Division(data.Counts, data.Classes.Count), data.Classes);
        if (report.Rounds.Count > 0)
        {
            WriteCurves(page, report);
            WriteRounds(page, report.Rounds);
            WriteClients(page, report.Rounds);
            WriteRemarks(page, report.Rounds);
        }

        page.Heading("Spec");
        page.Table(["field", "value"], SpecFields.Told(report.Spec, report.Engine, report.Dataset).Select(field => new[] { field.Key, field.Value }), isText: true);
        return page.ToBytes();
    }

    private static void WriteFacts(HtmlPage page, FederationReport report)
    {
        page.Heading("What it is");
        (string Fact, string? Value)[] facts =
        [
            ("started", Time(report.CreatedAt)), ("last change", Time(report.LastUpdatedAt)), ("data", report.Dataset?.Source), ("data's SHA-256", report.Dataset?.SourceSha256),
            ("clients", Figures.Count(report.Clients)), ("network", report.Network), ("strategy", report.Spec.Strategy.Name), ("engine", report.Engine),
            ("seed", report.Seed.ToString(CultureInfo.InvariantCulture)), ("rounds' seconds", Figures.Seconds(report.Rounds.Sum(round => round.Seconds))),
            ("best round", report.Best is { } best ? $"{best.Round} by {best.Metric}: {Figures.Accuracy(best.Value)}" : null),
            ("privacy", report.Rounds is [.., { Privacy: { } privacy }] ? $"epsilon {Figures.Epsilon(privacy)} at delta {privacy.Delta.ToString("G6", CultureInfo.InvariantCulture)}" : null),
            ("model's SHA-256", report.Model?.Sha256),
        ];
        page.Table(["", ""], facts.Where(fact => fact.Value is not null).Select(fact => new[] { fact.Fact, fact.Value! }), isText: true);
    }

    private static void WriteDivision(HtmlPage page, Division division, IReadOnlyList<string> classes)
    {
        page.Heading("How clients share the images");
        if (division.Classes <= MostClassesDrawn)
        {
            var (bars, heatMap) = DivisionChart.DrawApart(division, classes);
            var whose = $"{Figures.Count(Math.Min(division.Clients, DivisionChart.MaxClients))} of {Figures.Count(division.Clients, "client")}";
            page.Figure(bars, $"images by client, of {whose}");
            page.Figure(heatMap, $"images by client and class, of {whose}");
        }

        if (division.Clients > DivisionChart.MaxClients)
            page.Paragraph($"the first {Figures.Count(DivisionChart.MaxClients)} of {Figures.Count(division.Clients)} clients", "muted");
        page.Paragraph(string.Create(
            CultureInfo.InvariantCulture,
            $"{Figures.Count(division.Images, "image")}; label entropy {division.LabelEntropy:0.00} of {Math.Log2(division.Classes):0.00} bits, the clients' mean; the largest client has {division.SizeRatio:0.0} times the images of the smallest"));
    }

    private static void WriteCurves(HtmlPage page, FederationReport report)
    {
        page.Heading("Curves");
        foreach (var measure in RecordedCurves.MeasuresOf(report.Rounds))
        {
            var curves = RecordedCurves.Of(report.Rounds, measure, Across.Rounds);
            var ends = curves.Select(curve => $"{curve.Name} {Figures.Loss(curve.Points[^1].Y)} at last");
            page.Figure(CurveFigures.Draw($"{measure} by round", RecordedCurves.NameOf(Across.Rounds), curves), $"{measure} by round: {string.Join(", ", ends)}");
        }
    }

    private static void WriteRounds(HtmlPage page, IReadOnlyList<RoundRecord> rounds)
    {
        page.Heading("Rounds");
        var isPrivate = rounds.Any(round => round.Privacy is not null);
        var shown = Spread(rounds);
        var measures = rounds.SelectMany(round => round.Additional?.Keys ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        TableOfFilled(
            page, ["round", "central accuracy", "central loss", "federated accuracy", "federated loss", "fit accuracy", "fit loss", .. measures.Take(MostMeasures).Select(Printable.Line), .. isPrivate ? ["epsilon"] : Array.Empty<string>(), "clients", "missing", "seconds"],
            shown.Select(round =>
            {
                var counts = round.Count();
                return (string[])
                [
                    Figures.Count(round.Round), Figures.Accuracy(round.CentralAccuracy), Figures.Loss(round.CentralLoss), Figures.Accuracy(round.EvaluateAccuracy),
                    Figures.Loss(round.EvaluateLoss), Figures.Accuracy(round.FitAccuracy), Figures.Loss(round.FitLoss),
                    .. measures.Take(MostMeasures).Select(name => Figures.Loss(round.Additional?.TryGetValue(name, out var value) == true ? value : null)), .. isPrivate ? [Figures.Epsilon(round.Privacy)] : Array.Empty<string>(),
                    Figures.Count(counts.Participants), Figures.Count(counts.Missing), Figures.Seconds(round.Seconds),
                ];
            }));
        if (measures.Count > MostMeasures)
            page.Paragraph($"{MostMeasures} of {Figures.Count(measures.Count)} further measures; fldurable status ID --csv has them all", "muted");
        if (shown.Count < rounds.Count)
            page.Paragraph($"{Figures.Count(shown.Count)} of {Figures.Count(rounds.Count)} rounds; fldurable status ID --csv has them all", "muted");
    }

    private static void WriteClients(HtmlPage page, IReadOnlyList<RoundRecord> rounds)
    {
        var named = rounds.Where(round => round.Parts is null).ToList();
        var parts = named.SelectMany(round => round.Participants).ToLookup(part => part.Client, StringComparer.Ordinal);
        var failures = named.SelectMany(round => round.Failures).CountBy(failure => failure.Client, StringComparer.Ordinal).ToDictionary();
        var names = parts.Select(part => part.Key).Union(failures.Keys, StringComparer.Ordinal).OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal).ToList();
        var inParts = rounds.Count(round => round.Parts is not null);
        if (names.Count == 0 && inParts == 0)
            return;
        page.Heading("Clients");
        if (inParts > 0)
            page.Paragraph($"without those of {Figures.Count(inParts, "round")} whose records have their clients in parts, for there are more than {Figures.Count(RoundClients.MostTogether)}", "muted");
        if (names.Count == 0)
            return;
        TableOfFilled(
            page, ["client", "rounds trained", "rounds evaluated", "examples", "last fit loss", "last accuracy on its own", "mean seconds", "failures"],
            names.Take(MostRows).Select(name =>
            {
                var own = parts[name].ToList();
                var mean = own.Count == 0 ? (double?)null : own.Average(part => part.Seconds);
                return new[]
                {
                    name, Figures.Count(own.Count(part => part.Examples is not null)), Figures.Count(own.Count(part => part.EvaluateExamples is not null)),
                    own.FindLast(part => part.Examples is not null)?.Examples is { } examples ? Figures.Count(examples) : "",
                    Figures.Loss(own.FindLast(part => part.FitLoss is not null)?.FitLoss), Figures.Accuracy(own.FindLast(part => part.EvaluateAccuracy is not null)?.EvaluateAccuracy),
                    mean?.ToString("0.00", CultureInfo.InvariantCulture) ?? "", Figures.Count(failures.GetValueOrDefault(name)),
                };
            }));
        if (names.Count > MostRows)
            page.Paragraph($"{Figures.Count(MostRows)} of {Figures.Count(names.Count)} clients", "muted");
    }

    private static void WriteRemarks(HtmlPage page, IReadOnlyList<RoundRecord> rounds)
    {
        var remarks = rounds.SelectMany(round => (round.Events ?? []).Select(text => $"round {round.Round}: {text}"))
            .Concat(rounds.SelectMany(round => round.Failures.Select(failure => (round.Round, Failure: failure))).GroupBy(one => one.Failure, one => one.Round)
                .Select(failed => $"{failed.Key.Client} in {failed.Key.Activity}, {Times([.. failed])}: {failed.Key.Reason}")).ToList();
        if (remarks.Count == 0)
            return;
        page.Heading("What went wrong");
        page.List(remarks.Take(MostTold));
        if (remarks.Count > MostTold)
            page.Paragraph($"and {Figures.Count(remarks.Count - MostTold)} more: they are in the rounds' records", "muted");
        if (rounds.Sum(round => round.Count().Failures - round.Failures.Count) is > 0 and var inParts)
            page.Paragraph($"and {Figures.Count(inParts, "failure")} in the parts of rounds' records", "muted");
    }

    /// <summary>How often something was, and in which rounds, in their order.</summary>
    private static string Times(IReadOnlyList<int> rounds)
    {
        var spans = new List<(int First, int Last)>();
        foreach (var round in rounds.Distinct())
        {
            if (spans is [.., var (first, last)] && last + 1 == round)
                spans[^1] = (first, round);
            else
                spans.Add((round, round));
        }

        var named = string.Join(", ", spans.Take(MostSpans).Select(span => span.First == span.Last ? Figures.Count(span.First) : $"{Figures.Count(span.First)}–{Figures.Count(span.Last)}"));
        var where = $"{(rounds.Distinct().Skip(1).Any() ? "rounds" : "round")} {named}{(spans.Count > MostSpans ? " …" : "")}";
        return rounds.Count == 1 ? where : $"{Figures.Count(rounds.Count)} times ({where})";
    }

    /// <summary>A table without the columns in which no row has anything.</summary>
    private static void TableOfFilled(HtmlPage page, IReadOnlyList<string> columns, IEnumerable<string[]> rows)
    {
        var all = rows.ToList();
        var filled = Enumerable.Range(0, columns.Count).Where(column => all.Exists(row => row[column].Length > 0)).ToList();
        page.Table([.. filled.Select(column => columns[column])], all.Select(row => filled.Select(column => row[column])));
    }

    /// <summary>All rounds, or some at equal distances with the first and the last.</summary>
    private static IReadOnlyList<RoundRecord> Spread(IReadOnlyList<RoundRecord> rounds) => rounds.Count <= MostRows
        ? rounds
        : [.. Enumerable.Range(0, MostRows).Select(row => rounds[(int)((long)row * (rounds.Count - 1) / (MostRows - 1))])];

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
