using FlDurable.EmbeddedEngine.Isolation;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>
/// Runs activities apart that may be what kills the process. Only the deaths of what they run in are held against them, not those of the
/// host, and only those that this host has seen. A server's step that goes on killing stops the host, and whoever starts it again, tries
/// again; a client's has then failed, which is recorded.
/// </summary>
internal sealed partial class SuspectRunner(IActivityIsolation isolation, ILogger logger)
{
    private const int MostDeaths = 3;

    /// <returns>The activity's output as JSON.</returns>
    /// <exception cref="KnownFailureException">It failed, or kills the process that it runs in.</exception>
    public async Task<string> RunAsync(ActivityRegistration activity, ActivityWork work, CancellationToken cancellationToken)
    {
        LogRunsApart(logger, activity.Name, work.Instance.Id, work.Deaths);
        for (var deaths = 1; ; deaths++)
        {
            try
            {
                return await isolation.RunAsync(activity.Name, work.Input, cancellationToken);
            }
            catch (ProcessDiedException exception) when (!cancellationToken.IsCancellationRequested)
            {
                var lastWords = exception.LastWords.Length == 0 ? "" : $"; its last words: {exception.LastWords}";
                LogDied(logger, activity.Name, work.Instance.Id, deaths, MostDeaths, exception.How, lastWords);
                if (deaths == MostDeaths)
                {
                    throw new KnownFailureException(
                        $"it kills the process that it runs in: {MostDeaths} died one after another, the last by {exception.How}",
                        activity.IsOfClients ? FailureKind.WorkForGood : FailureKind.HostForGood);
                }
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message =
        "{Activity} of {InstanceId} runs in a process of its own: the host's has died {Deaths} times while it ran")]
    private static partial void LogRunsApart(ILogger logger, string activity, string instanceId, int deaths);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "{Activity} of {InstanceId}: the process that it ran in died ({Death} of at most {MostDeaths}) by {How}{LastWords}")]
    private static partial void LogDied(
        ILogger logger, string activity, string instanceId, int death, int mostDeaths, string how, string lastWords);
}
