using System.CommandLine;
using System.Globalization;
using System.Text;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Curves;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Remote;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.State;

/// <summary><c>status</c>: one federation, also while it runs; or a task hub.</summary>
internal static class StatusCommand
{
    private const int MostRounds = 1_000; // of one answer of a server

    public static Command Create(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var watch = new Option<bool>("--watch") { Description = "Tell what changes, until the federation is over." };
        var csv = CsvTable.Option("the rounds' figures");
        var rounds = WholeNumberOption.Create(
            "--rounds", $"The newest N rounds in the table. Default: {RoundTable.MostShown}; --csv and --json have all.", 0, MostRounds);
        var command = new Command("status", "Show how far a federation is, or how a task hub is.") { json, csv, watch, rounds };
        var id = new FederationName(command) { Description = "The federation; with --hub, without it, the hub itself: its nodes and queues." };
        var server = new ServerOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            CsvTable.RefuseBoth(parsed.GetValue(csv), parsed.GetValue(json));
            var (asJson, asCsv, newest) = (parsed.GetValue(json), parsed.GetValue(csv), parsed.GetValue(rounds) ?? RoundTable.MostShown);
            if (server.Named(parsed) is { } address)
                return await AskAsync(terminal, address, id.Get(parsed), parsed.GetValue(watch), asJson, asCsv, newest, cancellationToken);
            var state = parsed.StateFolder();
            if (id.Find(parsed) is not { } federation)
            {
                if (state.Hub is null || parsed.GetValue(watch) || parsed.GetValue(csv))
                    throw new UsageException($"status: expected the ID of a federation{(parsed.GetValue(watch) ? " to watch" : parsed.GetValue(csv) ? ", whose rounds --csv writes" : ", or --hub")}");
                var hub = await HubStatus.ReadAsync(state.Hub, cancellationToken);
                if (parsed.GetValue(json))
                    terminal.Output.WriteLine(ContractJson.Serialize(hub));
                else
                    hub.Write(terminal);
                return ExitCode.Done;
            }

            var reader = new StateReader(state);
            if (parsed.GetValue(watch))
                await WatchAsync(terminal.News(asJson || asCsv), reader, federation, cancellationToken);
            if (asJson)
                terminal.Output.WriteLine(ContractJson.Serialize(await FederationReport.ReadAsync(reader, federation, cancellationToken)));
            else if (asCsv)
                RoundRows.Write(terminal.Output, (await FederationReport.ReadAsync(reader, federation, cancellationToken)).Rounds);
            else
                Write(terminal, await FederationReport.ReadAsync(reader, federation, Math.Max(1, newest), cancellationToken), newest, state);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<int> AskAsync(
        Terminal terminal, ServerAddress address, string id, bool watches, bool json, bool csv, int newest, CancellationToken cancellationToken)
    {
        using var server = new FederationServerClient(address, terminal.Note);
        if (watches)
            await WatchAsync(terminal.News(json || csv), server, id, cancellationToken);
        if (json)
            terminal.Output.WriteLine(ContractJson.Serialize(await server.GetDocumentAsync(id, MostRounds, cancellationToken)));
        else if (csv)
            RoundRows.Write(terminal.Output, (await ServerReport.ReadAsync(server, id, cancellationToken)).Rounds);
        else
            await WriteAsync(terminal, server, id, newest, cancellationToken);
        return ExitCode.Done;
    }

    private static async Task WriteAsync(Terminal terminal, FederationServerClient server, string id, int newest, CancellationToken cancellationToken)
    {
        var federation = await server.GetAsync(id, newest, cancellationToken);
        var rows = new List<RoundRow>();
        var failures = 0;
        foreach (var round in federation.Rounds)
        {
            var row = RoundRow.Of(round);
            if (row.FailureCount > 0 && failures < RoundTable.MostFailuresShown)
                row = row with { Failures = (await server.GetRoundAsync(id, round.Round, cancellationToken)).Failures };
            failures += row.Failures.Count;
            rows.Add(row);
        }

        Write(terminal, ServerReport.Of(federation, server, []), rows, Math.Max(0, federation.Progress?.Round ?? 0), server.Place, advice: []);
    }

    private static async Task WatchAsync(TextWriter news, FederationServerClient server, string id, CancellationToken cancellationToken)
    {
        server.OutlastRestarts();
        for (string? told = null; await server.GetAsync(id, rounds: 0, cancellationToken) is var federation && !ServerStatus.IsOver(federation);)
        {
            if (ServerStatus.Line(federation, inTens: true) is var now && now != told)
                await news.WriteLineAsync(now.AsMemory(), cancellationToken);
            told = now;
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }
    }

    /// <summary>Tells each second what is new, until the federation is over.</summary>
    private static async Task WatchAsync(TextWriter news, StateReader state, string id, CancellationToken cancellationToken)
    {
        for (string? told = null; await FederationReport.ReadAsync(state, id, newest: 1, cancellationToken) is { IsOver: false } report;)
        {
            var now = Printable.Line($"{report.Status}{SilenceAsSeen(report)}, {Progress(report, Done(report.Rounds))}{(report.InProgress is { } round ? $"; {Describe(round, inTens: true)}" : "")}{(report.Doing is { } doing ? $"; {doing}" : "")}{(report.Waiting is { } waiting ? $"; waiting: {waiting}" : "")}");
            if (now != told)
                await news.WriteLineAsync(now.AsMemory(), cancellationToken);
            told = now;
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }
    }

    /// <summary>A silence by tens of seconds, so that it is told now and then while it lasts.</summary>
    private static string SilenceAsSeen(FederationReport report) =>
        report.SilentSeconds is { } seconds ? $", {Liveness.Describe(seconds < 10 ? (int)SignOfLife.Silence.TotalSeconds : seconds / 10 * 10)}" : "";

    private static int Done(IReadOnlyList<RoundRecord> rounds) => rounds is [.., { Round: var last }] ? last : 0;

    private static string Progress(FederationReport report, int done) => $"{Figures.Count(done)} of {Figures.Count(report.PlannedRounds, "round")}";

    private static void Write(Terminal terminal, FederationReport report, int newest, StateFolder state)
    {
        var advice = new List<string>();
        if (report is { SilentSeconds: not null, Status: not FederationReport.Interrupted })
            advice.Add(Printable.Line($"the process that is to work on it does nothing{(InstanceReader.FindOwner(state.Path) is { } owner ? $" ({owner})" : "")}: fldurable doctor{state.AsOptions} says more"));
        if (report.Status == FederationReport.Unstarted)
            advice.Add($"its start was interrupted; to start it: fldurable run --id {report.Id}{state.AsOptions}");
        if (report.Interruption is { } end)
            advice.Add(Printable.Line($"the last process at work here stopped: {end}; once that is mended, to go on: fldurable run {report.Id}{state.AsOptions}"));
        Write(terminal, report, RoundTable.Newest(report.Rounds, newest), Done(report.Rounds), place: null, advice);
    }

    /// <summary>Shows a federation, in the same lines wherever it is.</summary>
    private static void Write(Terminal terminal, FederationReport report, IReadOnlyList<RoundRow> rounds, int done, string? place, IReadOnlyList<string> advice)
    {
        terminal.Output.WriteLine($"federation {report.Id}{(place is null ? "" : $" {place}")}: {report.Status}{(report.SilentSeconds is { } seconds ? $", {Liveness.Describe(seconds)}" : "")}, {Progress(report, done)}");
        foreach (var line in advice)
            terminal.Output.WriteLine(line);
        if (report.Waiting is { } waiting)
            terminal.Output.WriteLine(Printable.Line($"waiting: {waiting}"));
        if (report.Doing is { } doing)
            terminal.Output.WriteLine(Printable.Line($"now: {doing}"));
        if (report.CreatedAt is { } created)
            terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"started {created.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"));
        if (report.Dataset is { } dataset)
            terminal.Output.WriteLine($"data: {dataset.Source}, SHA-256 {dataset.SourceSha256}");
        terminal.Output.WriteLine(
            $"{Figures.Count(report.Clients, "client")}, network {report.Network}, engine {(report.Engine == ResolvedSpec.Undecided ? "not decided yet" : report.Engine)}, seed {report.Seed}");
        if (report.Failure is not null)
            terminal.Output.WriteLine(Printable.Line($"failure: {report.Failure}"));
        RoundTable.WriteMissing(terminal.Output, report.MissingClients);
        foreach (var past in report.PastFailures ?? [])
            terminal.Output.WriteLine(Printable.Line($"failed in round {Figures.Count(past.Round)} before it was retried: {past.Reason}"));
        if (report.InProgress is { } round)
            terminal.Output.WriteLine(Printable.Line(Describe(round)));
        RoundTable.Write(terminal.OutputConsole, rounds, report.Damage ?? []);
        if (report.Model is { } model)
            terminal.Output.WriteLine($"model: {model.Artifact}, SHA-256 {model.Sha256}");
    }

    /// <summary>Who takes much longer than the others, and whose worker is not heard of.</summary>
    /// <param name="clients">The clients.</param>
    /// <param name="inTens">Whether seconds are told by tens, so that whoever watches is told now and then while it lasts.</param>
    internal static IEnumerable<string> DescribeLate(ClientsInProgress clients, bool inTens)
    {
        foreach (var slow in clients.Slow ?? [])
        {
            var (are, usual) = slow.Clients.Count == 1 ? ("is", "the others took") : ("are", "other cohorts took");
            yield return string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", slow.Clients)} {are} slow: at work for {Span(slow.Seconds)}, {usual} {slow.UsualSeconds:0.0} s");
        }

        foreach (var silent in clients.Silent ?? [])
        {
            var who = silent.Worker is { } worker ? $"the worker of {worker}" : "any worker of the pool";
            var whose = silent.Clients is [var client] && client == silent.Worker ? "" : $", which is to do {string.Join(", ", silent.Clients)}";
            yield return $"no sign of life of {who}{(silent.Seconds is { } seconds ? $" for {Span(seconds)}" : "")}{whose}";
        }

        string Span(double seconds) => Liveness.Span(inTens && seconds >= 10 ? (int)seconds / 10 * 10 : (int)seconds);
    }

    /// <summary>What is being done of a round, and for whom it waits.</summary>
    internal static string Describe(RoundInProgress round, bool inTens = false)
    {
        var words = new StringBuilder();
        words.Append(CultureInfo.InvariantCulture, $"round {round.Round}: {round.Step} since {round.Since.UtcDateTime:HH:mm:ss} UTC");
        if (round.Attempt > 1)
            words.Append(CultureInfo.InvariantCulture, $", attempt {round.Attempt}");
        if (round.Clients is { } clients)
        {
            words.Append(CultureInfo.InvariantCulture, $"; {clients.Succeeded} of {Figures.Count(clients.Selected, "client")} done");
            if (clients.Failed > 0)
                words.Append(CultureInfo.InvariantCulture, $", {clients.Failed} failed ({string.Join("; ", clients.Failures.Select(one => $"{one.Client}: {one.Reason}"))})");
            if (clients.WaitingFor.Count > 0)
                words.Append(CultureInfo.InvariantCulture, $", waiting for {string.Join(", ", clients.WaitingFor)}{(clients.Outstanding > clients.WaitingFor.Count ? " …" : "")}");
            foreach (var late in DescribeLate(clients, inTens))
                words.Append("; ").Append(late);
        }

        if (round.Deadline is { } deadline)
            words.Append(CultureInfo.InvariantCulture, $"; goes on without the rest at {deadline.UtcDateTime:HH:mm:ss} UTC");
        return words.ToString();
    }
}
