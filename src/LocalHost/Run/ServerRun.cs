using FlDurable.Api;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Remote;
using FlDurable.LocalHost.State;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Run;

/// <summary>A federation that a server runs: asked for there, and watched to its end from here.</summary>
/// <param name="terminal">Where it is told of.</param>
/// <param name="server">The server.</param>
/// <param name="json">Whether stdout holds the federation as JSON at the end, and nothing else.</param>
internal sealed class ServerRun(Terminal terminal, FederationServerClient server, bool json)
{
    private const int MostRounds = 1_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly RunProgress progress = new();
    private readonly TextWriter news = terminal.News(json);

    /// <summary>Watches a federation that was started now, or was there with the same spec.</summary>
    /// <returns>The <see cref="ExitCode"/>.</returns>
    public Task<int> WatchStartedAsync(FederationSummary started, CancellationToken cancellationToken)
    {
        news.WriteLine($"federation {started.Id} is at work {server.Place}");
        return WatchAsync(started.Id, recorded: -1, cancellationToken);
    }

    /// <summary>Watches a federation that is there, and lets it go on if it is suspended.</summary>
    /// <returns>The <see cref="ExitCode"/>.</returns>
    public async Task<int> WatchOnAsync(string id, CancellationToken cancellationToken)
    {
        var found = await server.GetAsync(id, rounds: 0, cancellationToken);
        if (found.Status == OrchestrationRuntimeStatus.Suspended)
        {
            await server.ControlAsync(id, "resume", "it is run again", cancellationToken);
            news.WriteLine("it was suspended, and is resumed");
        }

        var recorded = found.Progress?.Round ?? -1;
        if (ServerStatus.IsOver(found))
            news.WriteLine("it is over; this is how it ended");
        else if (recorded >= 0)
            news.WriteLine($"going on after round {recorded}");
        return await WatchAsync(id, recorded, cancellationToken);
    }

    private async Task<int> WatchAsync(string id, int recorded, CancellationToken cancellationToken)
    {
        var again = $"fldurable run {id}{server.AsOptions}";
        server.OutlastRestarts();
        try
        {
            FederationDetails? end = null;
            await RunDisplay.ShowAsync(terminal, json, progress, () => { }, async () => end = await EndAsync(id, recorded, cancellationToken));
            return await ReportAsync(end!, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            terminal.Error.WriteLine($"no longer watched; the server goes on with it. To watch it: {again}");
            throw;
        }
        catch (UsageException exception)
        {
            throw new UsageException($"{exception.Message}; to watch it again: {again}", exception);
        }
    }

    /// <summary>Tells of every round that is recorded, until the federation is over.</summary>
    private async Task<FederationDetails> EndAsync(string id, int recorded, CancellationToken cancellationToken)
    {
        var selected = recorded;
        while (true)
        {
            var now = await server.GetAsync(id, rounds: 0, cancellationToken);
            if (now.Progress is { Rounds: var rounds and > 0 } && selected == recorded)
                progress.Begin(rounds, recorded);
            while (recorded < (now.Progress?.Round ?? -1))
            {
                var page = await server.ListRoundsAsync(id, recorded + 1, cancellationToken);
                foreach (var round in page.Rounds)
                    progress.Record(LineOf(round));
                recorded = page.Rounds is [.., { Round: var last }] ? last : now.Progress!.Round; // a damaged record is not there
            }

            if (ServerStatus.IsOver(now))
                return now;
            if (now.InProgress is { Clients.Selected: var clients } at && at.Round > selected)
            {
                selected = at.Round;
                progress.Select(at.Round, clients, clients);
            }

            await Task.Delay(Interval, cancellationToken);
        }
    }

    private async Task<int> ReportAsync(FederationDetails end, CancellationToken cancellationToken)
    {
        if (json)
            terminal.Output.WriteLine(ContractJson.Serialize(await server.GetDocumentAsync(end.Id, MostRounds, cancellationToken)));
        else if (end.Model is { } model)
            terminal.Output.WriteLine($"model: SHA-256 {model.Sha256}, at {server.Of(model.Href)}");
        if (end.Status == OrchestrationRuntimeStatus.Completed)
            return ExitCode.Done;
        terminal.Error.WriteLine(Printable.Line($"fldurable: federation {end.Id} is {ServerStatus.Word(end)}: {end.Failure}"));
        return ExitCode.Failed;
    }

    private static RoundLine LineOf(RoundSummary round)
    {
        var backdoor = round.BackdoorSuccess is { } success ? new Dictionary<string, double>(StringComparer.Ordinal) { [Metrics.BackdoorSuccess] = success } : null;
        return new RoundLine(
            round.Round,
            new RoundMetrics(Of(round.FitLoss, round.FitAccuracy), Of(round.EvaluateLoss, round.EvaluateAccuracy), Of(round.CentralLoss, round.CentralAccuracy, backdoor)),
            round.Seconds, round.Events ?? []);
    }

    private static Metrics? Of(double? loss, double? accuracy, IReadOnlyDictionary<string, double>? additional = null) =>
        loss is { } measured ? new Metrics(measured, accuracy ?? 0, additional) : null;
}
