using System.Collections.Concurrent;
using System.Globalization;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using Microsoft.Extensions.Logging;

namespace FlDurable.Orchestrator.Telemetry;

/// <summary>
/// Tells a host's logs of each federation: data, rounds, clients that failed, what is tried again, the end. It tells what activities did, as they end, and so nothing again when
/// an orchestration is replayed.
/// </summary>
/// <param name="loggers">Makes the logger that takes the lines.</param>
public sealed partial class FederationLog(ILoggerFactory loggers) : IActivityObserver
{
    /// <summary>The category of the lines.</summary>
    public const string Category = "FlDurable.Federation";

    private readonly ILogger logger = loggers.CreateLogger(Category);
    private readonly ConcurrentDictionary<string, string> awaited = new(StringComparer.Ordinal);

    /// <summary>The word that a record's event begins with, up to the colon.</summary>
    internal static string KindOf(string text) => text.IndexOf(':') is > 0 and var end ? text[..end] : text;

    /// <inheritdoc/>
    public void Ended(EndedActivity activity)
    {
        if (ActivityScope.Find(activity.InputJson) is not { } scope)
            return;
        if (activity.Failure is { } failure)
            TellFailure(scope, activity, failure);
        else
            TellSuccess(scope, activity, activity.OutputJson!);
    }

    private void TellFailure(ActivityScope scope, EndedActivity activity, Exception failure)
    {
        if (failure is WorkNotNeededException or OperationCanceledException)
            return;
        if (scope.Round is { } round)
            LogFailedInRound(scope.Federation, round, activity.Name, activity.Took.TotalSeconds, failure.Message);
        else
            LogFailed(scope.Federation, activity.Name, activity.Took.TotalSeconds, failure.Message);
    }

    private void TellSuccess(ActivityScope scope, EndedActivity activity, string output)
    {
        var name = activity.Name;
        if (name == Activities.PrepareDataset.Name)
            TellData(scope, ContractJson.Deserialize<PrepareDatasetResult>(output), activity.Took);
        else if (name == Activities.SelectClients.Name)
            TellSelection(scope, ContractJson.Deserialize<SelectClientsResult>(output));
        else if (name == Activities.AggregateLeaf.Name)
            TellClients(scope, ContractJson.Deserialize<AggregateLeafInput>(activity.InputJson), ContractJson.Deserialize<PartResult>(output));
        else if (name == Activities.RecordRound.Name)
            TellRound(scope, ContractJson.Deserialize<RecordRoundInput>(activity.InputJson), ContractJson.Deserialize<RecordRoundResult>(output));
        else if (name == Activities.CompleteFederation.Name)
            TellEnd(scope, ContractJson.Deserialize<CompleteFederationInput>(activity.InputJson));
    }

    private void TellData(ActivityScope scope, PrepareDatasetResult prepared, TimeSpan took)
    {
        if (prepared.Dataset is not null)
        {
            awaited.TryRemove(scope.Federation, out _);
            LogDataReady(scope.Federation, took.TotalSeconds);
        }
        else if (prepared.WaitingFor is { } sites && !(awaited.TryGetValue(scope.Federation, out var told) && told == sites))
        {
            // It is looked for them every few seconds, until they are there: once for each whom it waits for is enough.
            awaited[scope.Federation] = sites;
            LogDataAwaited(scope.Federation, sites);
        }
    }

    private void TellSelection(ActivityScope scope, SelectClientsResult selected)
    {
        var deadline = selected.DeadlineSeconds is { } seconds
            ? string.Create(CultureInfo.InvariantCulture, $"each phase goes on without the rest after {seconds} s")
            : "no deadline";
        LogSelected(scope.Federation, scope.Round ?? 0, selected.Fit, selected.Needed, selected.Evaluate, deadline);
    }

    private void TellClients(ActivityScope scope, AggregateLeafInput input, PartResult part)
    {
        if (part.FirstFailure is { } first)
            LogClientsFailed(scope.Federation, input.Round, input.Attempt, part.Failed, input.Range.Count, input.Phase.Name, first.Client, first.Reason);
    }

    private void TellRound(ActivityScope scope, RecordRoundInput input, RecordRoundResult recorded)
    {
        if ((input.Central ?? recorded.Evaluate ?? recorded.Fit) is { } metrics)
            LogRecorded(scope.Federation, input.Round, input.Seconds, metrics.Accuracy, metrics.Loss);
        else
            LogRecordedAlone(scope.Federation, input.Round, input.Seconds);
        foreach (var text in recorded.Events ?? [])
            LogEvent(scope.Federation, input.Round, text);
    }

    private void TellEnd(ActivityScope scope, CompleteFederationInput input)
    {
        if (input.Failure is { } reason)
            LogFederationFailed(scope.Federation, input.LastRound + 1, reason);
        else
            LogCompleted(scope.Federation, input.LastRound);
    }

    [LoggerMessage(EventName = "DataReady", Level = LogLevel.Information, Message = "{Federation}: its data is ready, after {Seconds:F1} s")]
    private partial void LogDataReady(string federation, double seconds);

    [LoggerMessage(EventName = "DataAwaited", Level = LogLevel.Information, Message = "{Federation}: waiting for {Sites} to enrol")]
    private partial void LogDataAwaited(string federation, string sites);

    [LoggerMessage(
        EventName = "ClientsSelected", Level = LogLevel.Information,
        Message = "{Federation}, round {Round}: {Fit} clients train, {Needed} of them are needed; {Evaluate} evaluate; {Deadline}")]
    private partial void LogSelected(string federation, int round, int fit, int needed, int evaluate, string deadline);

    [LoggerMessage(
        EventName = "ClientsFailed", Level = LogLevel.Warning,
        Message = "{Federation}, round {Round}, attempt {Attempt}: {Failed} of {Count} clients failed to {Phase}; the first: {Client}: {Reason}")]
    private partial void LogClientsFailed(string federation, int round, int attempt, int failed, int count, string phase, string client, string reason);

    [LoggerMessage(EventName = "ActivityFailed", Level = LogLevel.Warning, Message = "{Federation}, round {Round}: {Activity} failed after {Seconds:F1} s: {Reason}")]
    private partial void LogFailedInRound(string federation, int round, string activity, double seconds, string reason);

    [LoggerMessage(EventName = "PreparationFailed", Level = LogLevel.Warning, Message = "{Federation}: {Activity} failed after {Seconds:F1} s: {Reason}")]
    private partial void LogFailed(string federation, string activity, double seconds, string reason);

    [LoggerMessage(EventName = "RoundRecorded", Level = LogLevel.Information, Message = "{Federation}, round {Round}: recorded after {Seconds:F1} s; accuracy {Accuracy:F4}, loss {Loss:F4}")]
    private partial void LogRecorded(string federation, int round, double seconds, double accuracy, double loss);

    [LoggerMessage(EventName = "UnmeasuredRoundRecorded", Level = LogLevel.Information, Message = "{Federation}, round {Round}: recorded after {Seconds:F1} s")]
    private partial void LogRecordedAlone(string federation, int round, double seconds);

    [LoggerMessage(EventName = "RoundEvent", Level = LogLevel.Warning, Message = "{Federation}, round {Round}: {Event}")]
    private partial void LogEvent(string federation, int round, string @event);

    [LoggerMessage(EventName = "FederationFailed", Level = LogLevel.Error, Message = "{Federation}: failed in round {Round}: {Reason}")]
    private partial void LogFederationFailed(string federation, int round, string reason);

    [LoggerMessage(EventName = "FederationCompleted", Level = LogLevel.Information, Message = "{Federation}: completed after round {Round}")]
    private partial void LogCompleted(string federation, int round);
}
