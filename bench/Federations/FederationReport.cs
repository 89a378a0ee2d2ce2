using System.Globalization;
using FlDurable.Shared.Specs;

namespace FlDurable.Bench.Federations;

/// <summary>What <c>federation --json</c> prints. Megabytes are 10⁶ bytes.</summary>
/// <param name="Clients">Clients, all of which train in every round and half of which evaluate.</param>
/// <param name="Rounds">Rounds.</param>
/// <param name="CohortSize">Clients an activity; 0 where the federation says it.</param>
/// <param name="PreparationSeconds">Until every client's data is written and round 0 recorded.</param>
/// <param name="RoundsSeconds">All rounds together.</param>
/// <param name="RoundsFirst10Milliseconds">Rounds 1 to 10; null with fewer than 20.</param>
/// <param name="RoundsLast10Milliseconds">The last ten, likewise.</param>
/// <param name="HistoryEventsFirstRound">In the histories of round 1 and its leaves.</param>
/// <param name="HistoryEventsLastRound">In those of the last round.</param>
/// <param name="KilobytesReadPerClient">Of artifacts, in the last round.</param>
/// <param name="LargestMessageBytes">The largest input, output, event or custom status of an orchestration.</param>
/// <param name="ResidentMegabytesEarly">The process's memory after a tenth of the rounds, and one at least.</param>
/// <param name="ResidentMegabytes">After the last round.</param>
/// <param name="PeakMegabytes">The most that it ever was.</param>
internal sealed record FederationReport(
    int Clients, int Rounds, int CohortSize, double PreparationSeconds, double RoundsSeconds, double? RoundsFirst10Milliseconds,
    double? RoundsLast10Milliseconds, long HistoryEventsFirstRound, long HistoryEventsLastRound, double KilobytesReadPerClient,
    long LargestMessageBytes, double ResidentMegabytesEarly, double ResidentMegabytes, double PeakMegabytes)
{
    private const int Few = 10;

    public static FederationReport Of(FederationFigures figures)
    {
        var rounds = figures.Rounds;
        var isLong = rounds.Count >= 2 * Few;
        return new FederationReport(
            figures.Clients, rounds.Count, figures.CohortSize, Rounded(figures.Preparation.TotalSeconds),
            Rounded(Milliseconds(rounds) / 1_000),
            isLong ? Rounded(Milliseconds(rounds.Take(Few))) : null,
            isLong ? Rounded(Milliseconds(rounds.TakeLast(Few))) : null,
            rounds[0].HistoryEvents, rounds[^1].HistoryEvents, Rounded(rounds[^1].BytesRead / 1e3 / figures.Clients),
            figures.LargestMessageBytes, Rounded(rounds[Math.Max(1, rounds.Count / Few) - 1].ResidentBytes / 1e6), Rounded(rounds[^1].ResidentBytes / 1e6),
            Rounded(figures.PeakResidentBytes / 1e6));
    }

    public string ToTable()
    {
        var ends = RoundsFirst10Milliseconds is null ? "" : FormattableString.Invariant(
            $"""

             {$"rounds 1–{Few}",-24} {RoundsFirst10Milliseconds,12:N1} ms
             {$"rounds {Rounds - Few + 1}–{Rounds}",-24} {RoundsLast10Milliseconds,12:N1} ms      (limit 1.3 times the first)
             """);
        return FormattableString.Invariant(
            $"""
             clients {Clients:N0}, rounds {Rounds:N0}, cohort size {Cohorts}, no-op trainer
             preparation              {PreparationSeconds,12:N1} s
             rounds                   {RoundsSeconds,12:N1} s{ends}
             history events, first    {HistoryEventsFirstRound,12:N0}
             history events, last     {HistoryEventsLastRound,12:N0}
             read a client and round  {KilobytesReadPerClient,12:N1} kB
             largest message          {LargestMessageBytes,12:N0} bytes   (limit 16,384)
             resident, early          {ResidentMegabytesEarly,12:N1} MB
             resident, at the end     {ResidentMegabytes,12:N1} MB
             resident, peak           {PeakMegabytes,12:N1} MB      (limit 500)
             """);
    }

    private string Cohorts => CohortSize == FederationSpec.AutoCohortSize ? "auto" : CohortSize.ToString(CultureInfo.InvariantCulture);

    private static double Milliseconds(IEnumerable<RoundFigures> rounds) => rounds.Sum(round => round.Milliseconds);

    private static double Rounded(double value) => Math.Round(value, 1);
}
