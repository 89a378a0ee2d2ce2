using FlDurable.Orchestrator.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlDurable.Api;

/// <summary>Tells a host's logs what it was asked to do with federations, once that is so; who asked is in the host's trail. What becomes of them <see cref="FederationLog"/> tells.</summary>
internal sealed partial class RequestLog(ILoggerFactory loggers)
{
    private readonly ILogger logger = loggers.CreateLogger(FederationLog.Category);

    [LoggerMessage(EventName = "FederationStarted", Level = LogLevel.Information, Message = "{Federation}: started: {Rounds} rounds by {Strategy}")]
    public partial void Started(string federation, int rounds, string strategy);

    [LoggerMessage(EventName = "FederationTerminated", Level = LogLevel.Information, Message = "{Federation}: terminated: {Reason}")]
    public partial void Terminated(string federation, string reason);

    [LoggerMessage(EventName = "FederationSuspended", Level = LogLevel.Information, Message = "{Federation}: suspended: {Reason}")]
    public partial void Suspended(string federation, string reason);

    [LoggerMessage(EventName = "FederationResumed", Level = LogLevel.Information, Message = "{Federation}: resumed: {Reason}")]
    public partial void Resumed(string federation, string reason);

    [LoggerMessage(EventName = "FederationRetried", Level = LogLevel.Information, Message = "{Federation}: retried after its failure")]
    public partial void Retried(string federation);

    [LoggerMessage(EventName = "DatasetRemoved", Level = LogLevel.Information, Message = "Data set {Dataset} is removed: no federation used it ({Bytes} bytes)")]
    public partial void DatasetRemoved(string dataset, long bytes);

    [LoggerMessage(EventName = "FederationPurged", Level = LogLevel.Information, Message = "{Federation}: purged")]
    public partial void Purged(string federation);
}
