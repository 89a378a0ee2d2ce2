using System.Globalization;
using System.Text;
using FlDurable.LocalHost.Curves;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.MLflow;

/// <summary>
/// Logs a federation's recorded rounds to MLflow, as one run however often the federation is gone on with: it is found by its tags, and what it has is not logged
/// again. What is recorded is the truth, and what the run lacks of it is added. Nothing that goes wrong here slows or fails the federation.
/// </summary>
/// <param name="server">The tracking server.</param>
/// <param name="experiment">The experiment that has the run.</param>
/// <param name="id">The federation.</param>
/// <param name="store">Where its records are.</param>
/// <param name="tell">Is told of what can't be logged, once while the federation runs and once in the end.</param>
/// <param name="time">The clock.</param>
internal sealed class TrackedFederation(TrackingServer server, string experiment, string id, IArtifactStore store, Action<string> tell, TimeProvider time)
{
    private const string OfEveryRound = "seconds/round";
    private const int MaxParameter = 500; // what older servers take
    private const int MaxTag = 4_000;
    private const int MaxFile = 16 << 20;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly RecordedFederation federation = new(store, id);
    private readonly Dictionary<string, int> notFinite = new(StringComparer.Ordinal);
    private readonly StringBuilder remarks = new();
    private TrackedRun? run;
    private bool hasParameters;
    private int next;
    private int remarked = -1;
    private bool hasNewTags;
    private double seconds;
    private bool hasTold;

    /// <summary>How long the end of a command waits for what is not logged yet.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Logs rounds as they are recorded, until <paramref name="work"/> has ended, and then those that are left.</summary>
    /// <param name="started">When the federation started.</param>
    /// <param name="work">The federation's run.</param>
    public async Task<T> WatchAsync<T>(DateTimeOffset started, Func<Task<T>> work)
    {
        using var over = new CancellationTokenSource();
        using var impatient = new CancellationTokenSource();
        var following = Task.Run(() => FollowAsync(started, over.Token, impatient.Token), CancellationToken.None);
        try
        {
            return await work();
        }
        finally
        {
            await over.CancelAsync();
            impatient.CancelAfter(Patience);
            await following;
        }
    }

    private async Task FollowAsync(DateTimeOffset started, CancellationToken over, CancellationToken impatient)
    {
        try
        {
            var pause = Interval;
            do
            {
                try
                {
                    await CatchUpAsync(started, impatient);
                    pause = Interval;
                }
                catch (TrackingException exception)
                {
                    if (!hasTold && !over.IsCancellationRequested)
                        tell($"--mlflow: {exception.Message}. The federation goes on, and it is asked again");
                    hasTold = true;
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }
            }
            while (await PauseAsync(pause, over));
            await CatchUpAsync(started, impatient);
            await EndAsync(impatient);
        }
        catch (OperationCanceledException)
        {
            TellLost(string.Create(CultureInfo.InvariantCulture, $"the tracking server has not answered within {Patience.TotalSeconds:0.#} s"));
        }
        catch (Exception exception)
        {
            TellLost(exception.Message); // whatever it is, the federation has come to its own end
        }
    }

    private void TellLost(string reason) => tell($"--mlflow: what was recorded from round {next} on is not logged: {reason}. The same command adds it when that is mended");

    private async Task<bool> PauseAsync(TimeSpan pause, CancellationToken over)
    {
        try
        {
            await Task.Delay(pause, time, over);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Logs the rounds that the run lacks. One that is logged twice is there once: it has the same time.</summary>
    private async Task CatchUpAsync(DateTimeOffset started, CancellationToken cancellationToken)
    {
        run ??= await FindOrBeginAsync(started, cancellationToken);
        while (await federation.FindRecordAsync(next, cancellationToken) is { } record)
        {
            if (!hasParameters)
                await LogParametersAsync(cancellationToken);
            var sofar = seconds + record.Seconds;
            var logged = run.Steps.GetValueOrDefault(OfEveryRound, -1);
            if (record.Round > remarked) // it may be here again, where the server did not answer
                AddRemarks(record);
            var metrics = new List<TrackedMetric>();
            foreach (var measure in RoundMeasure.AllOf(record))
            {
                if (double.IsFinite(measure.Value))
                    metrics.Add(new TrackedMetric(measure.Name, measure.Value, run.Started + (long)(sofar * 1_000), record.Round));
                else
                    hasNewTags |= notFinite.TryAdd(measure.Name, record.Round);
            }

            if (record.Round >= logged) // of the last one only a part may be there
            {
                foreach (var chunk in metrics.Chunk(TrackingServer.MostAtOnce))
                    await server.LogAsync(run, chunk, [], [], cancellationToken);
                if (hasNewTags)
                    await server.LogAsync(run, [], [], Tags(), cancellationToken);
                hasNewTags = false;
            }

            (next, seconds) = (next + 1, sofar);
        }
    }

    private async Task<TrackedRun> FindOrBeginAsync(DateTimeOffset started, CancellationToken cancellationToken)
    {
        // An id is a state folder's own; with what was asked for it is told from another folder's.
        var spec = await store.FindAsync(ArtifactNames.Spec(id), cancellationToken);
        var own = new Dictionary<string, string> { ["fldurable.id"] = id, ["fldurable.spec"] = spec?.Sha256 ?? "" };
        var place = await server.GetExperimentAsync(experiment, cancellationToken);
        if (await server.FindRunAsync(place, own, cancellationToken) is { } found)
        {
            await server.UpdateAsync(found, "RUNNING", ended: null, cancellationToken);
            return found;
        }

        return await server.BeginRunAsync(place, id, started, [.. own, KeyValuePair.Create("mlflow.source.name", "fldurable")], cancellationToken);
    }

    private async Task LogParametersAsync(CancellationToken cancellationToken)
    {
        if (await federation.FindSpecAsync(cancellationToken) is { } spec)
        {
            var missing = SpecFields.Of(spec.Spec, spec.Engine, spec.Dataset).Where(field => !run!.Parameters.Contains(field.Key))
                .Select(field => KeyValuePair.Create(field.Key, Excerpt.Of(field.Value, MaxParameter - 1)));
            foreach (var chunk in missing.Chunk(TrackingServer.MostAtOnce))
                await server.LogAsync(run!, [], chunk, [], cancellationToken);
        }

        hasParameters = true;
    }

    private void AddRemarks(RoundRecord record)
    {
        remarked = record.Round;
        if (record.Events is not { Count: > 0 } events || remarks.Length >= MaxTag)
            return;
        foreach (var text in events)
            remarks.AppendLine(CultureInfo.InvariantCulture, $"round {record.Round}: {text}");
        hasNewTags = true;
    }

    /// <summary>What can't be said in numbers: which were none, and what somebody should know of rounds.</summary>
    private IEnumerable<KeyValuePair<string, string>> Tags()
    {
        if (notFinite.Count > 0)
            yield return KeyValuePair.Create("fldurable.notFinite", string.Join(", ", notFinite.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Key} from round {one.Value}"))));
        if (remarks.Length > 0)
            yield return KeyValuePair.Create("fldurable.remarks", remarks.ToString(0, Math.Min(MaxTag, remarks.Length)).TrimEnd());
    }

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        var retries = await store.CountRetriesAsync(id, cancellationToken);
        var result = await federation.FindResultAsync(output: null, cancellationToken);
        if (result is null && await store.FindAsync(ArtifactNames.Stop(id, retries), cancellationToken) is null)
            return; // it is only stopped, and goes on some day
        if (result is not null && await store.FindAsync(ArtifactNames.Result(id, retries), cancellationToken) is { Length: <= MaxFile } reference)
            await server.PutFileAsync(run!, "result.json", await store.ReadAsync(reference, cancellationToken), cancellationToken);
        var status = result?.Status switch
        {
            FederationStatus.Completed => "FINISHED",
            FederationStatus.Failed => "FAILED",
            _ => "KILLED",
        };
        await server.UpdateAsync(run!, status, run!.Started + (long)(seconds * 1_000), cancellationToken);
    }
}
