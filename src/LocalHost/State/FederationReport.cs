using System.Text.Json.Serialization;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.State;

/// <summary>What is known of a federation, over or not: <see cref="FederationResult"/> and how far it is.</summary>
internal sealed record FederationReport
{
    /// <summary>The status of a federation whose spec is kept and that no engine knows.</summary>
    public const string Unstarted = "unstarted";

    /// <summary>The status of a federation that isn't over while no process is at work on it.</summary>
    public const string Interrupted = "interrupted";

    public required string Id { get; init; }

    /// <summary>
    /// <c>completed</c>, <c>failed</c>, <c>terminated</c>, <c>suspended</c>, <c>running</c>, <c>interrupted</c> when it isn't over and no
    /// process is at work on it, or <c>unstarted</c> when that was so before it began.
    /// </summary>
    public required string Status { get; init; }

    public string? Failure { get; init; }

    /// <summary>Every client that was missing in the last attempt at the round that it failed of; absent unless updates were missing.</summary>
    public IReadOnlyList<ClientFailure>? MissingClients { get; init; }

    /// <summary>What it does before or between rounds, such as to wait for sites; absent otherwise.</summary>
    public string? Doing { get; init; }

    /// <summary>For how many seconds there has been no sign of life of the process that is, or was, at work on it; absent while there is one, and where nothing is to be done.</summary>
    public int? SilentSeconds { get; init; }

    /// <summary>
    /// What that process can't do for it now and tries again, such as to write to a disk that is full, or which work waits that nobody who asks for work can do; absent when there is nothing.
    /// </summary>
    public string? Waiting { get; init; }

    /// <summary>What broke the last process that was at work in the state folder; absent unless the federation is interrupted, and where that process ended otherwise, or was killed.</summary>
    public string? Interruption { get; init; }

    /// <summary>What it had failed of before it was retried; absent if it never was.</summary>
    public IReadOnlyList<PastFailure>? PastFailures { get; init; }

    public required DateTimeOffset? CreatedAt { get; init; }

    public required DateTimeOffset? LastUpdatedAt { get; init; }

    /// <summary>What of it is damaged, for a person; absent when nothing is known to be.</summary>
    public IReadOnlyList<string>? Damage { get; init; }

    /// <summary>What was asked for, with every default.</summary>
    public required FederationSpec Spec { get; init; }

    /// <summary>The data that it learns from; absent while that isn't known.</summary>
    public required DatasetReference? Dataset { get; init; }

    public required string Engine { get; init; }

    public required long Seed { get; init; }

    public required string Network { get; init; }

    public required int Clients { get; init; }

    public required int PlannedRounds { get; init; }

    /// <summary>The round that is not recorded yet; absent when there is none.</summary>
    public RoundInProgress? InProgress { get; init; }

    public required IReadOnlyList<RoundRecord> Rounds { get; init; }

    public FederationModel? Model { get; init; }

    /// <summary>Why it was completed before its last round; absent unless it was.</summary>
    public string? Stopped { get; init; }

    /// <summary>The best round's parameters so far; absent unless the spec's keepBest asks for them.</summary>
    public BestModel? Best { get; init; }

    /// <summary>Whether nothing more will happen to it, unless somebody retries it.</summary>
    [JsonIgnore]
    public bool IsOver => IsOverOf(Status);

    /// <summary>Whether nothing more will happen to a federation of a status.</summary>
    public static bool IsOverOf(string status) => status is "completed" or "failed" or "terminated";

    /// <summary>Reads a federation's report.</summary>
    /// <exception cref="CommandLine.UsageException">There is no such federation.</exception>
    public static Task<FederationReport> ReadAsync(StateReader state, string id, CancellationToken cancellationToken) => ReadAsync(state, id, int.MaxValue, cancellationToken);

    /// <summary>Reads a federation's report for who looks at its newest rounds: while it is not over, no other's records are read, so that the best may be missing.</summary>
    /// <exception cref="CommandLine.UsageException">There is no such federation.</exception>
    public static async Task<FederationReport> ReadAsync(StateReader state, string id, int newest, CancellationToken cancellationToken)
    {
        var spec = await state.ReadSpecAsync(id, cancellationToken);
        var instance = await state.FindInstanceAsync(id, cancellationToken);
        var (result, damage) = await ReadResultAsync(state, id, cancellationToken);
        var recorded = result is { Rounds: [.., { Round: var last }] } ? last : RecordedRound(instance);
        var life = await Liveness.ReadAsync(state, cancellationToken);
        var isTold = result is not null || (life.IsAtWork && instance is { IsOver: false }); // else there may be a round of which the process that is gone had not told
        var rounds = await state.ReadRecordsAsync(id, Math.Max(0, recorded + 1 - newest), isTold ? recorded : spec.Spec.Rounds, recorded, cancellationToken);
        var inProgress = instance is { IsOver: false } ? life.Of(await FindInProgressAsync(state, spec, damage, cancellationToken)) : null;
        damage.AddRange([.. result?.Damage ?? [], .. rounds.Damage, .. await FindModelDamageAsync(state, id, cancellationToken)]);
        return new FederationReport
        {
            Id = id,
            Status = instance is null && result is null && rounds.Records.Count == 0 ? Unstarted : StatusOf(instance, life.IsAtWork),
            Failure = result?.Failure ?? instance?.FailureReason,
            MissingClients = result?.MissingClients,
            Doing = instance is { IsOver: false } ? instance.ReadCustomStatusAs<FederationProgress>()?.Doing : null,
            SilentSeconds = life.SilentSecondsOf(instance),
            Waiting = life.WaitingOf(instance) ?? (instance is { IsOver: false } && life.IsAtWork ? state.FindRefused(spec) : null),
            Interruption = instance is not null && life.IsInterrupted(instance) ? life.End : null,
            PastFailures = await state.ReadPastFailuresAsync(id, cancellationToken) is { Count: > 0 } past ? past : null,
            CreatedAt = instance?.StartedAt(),
            LastUpdatedAt = instance?.LastUpdatedAt,
            Damage = damage.Count == 0 ? null : [.. damage.Distinct(StringComparer.Ordinal)],
            Spec = spec.Spec,
            Dataset = spec.Dataset,
            Engine = spec.Engine,
            Seed = spec.Spec.Seed,
            Network = spec.Spec.Network.Name,
            Clients = spec.Spec.Clients,
            PlannedRounds = spec.Spec.Rounds,
            InProgress = inProgress,
            Rounds = result?.Rounds ?? rounds.Records,
            Model = result is { Status: FederationStatus.Completed } ? result.Model : null,
            Stopped = result?.Stopped,
            Best = result is null ? BestModel.Find(spec, rounds.Records) : result.Best,
        };
    }

    /// <summary>An instance's state in one word. One that is not over stands still without a process.</summary>
    public static string StatusOf(OrchestrationMetadata? instance, bool isAtWork) => instance?.RuntimeStatus switch
    {
        null or OrchestrationRuntimeStatus.Pending or OrchestrationRuntimeStatus.Running => isAtWork ? "running" : Interrupted,
        { } status => status.ToString().ToLowerInvariant(),
    };

    /// <summary>What is amiss with a federation's clients now, each in a sentence; nothing where that can't be told.</summary>
    public static async Task<IReadOnlyList<string>> FindLateAsync(StateReader state, OrchestrationMetadata instance, Liveness life, CancellationToken cancellationToken)
    {
        if (instance.IsOver || !life.IsAtWork)
            return [];
        try
        {
            return await state.FindSpecAsync(instance.InstanceId, cancellationToken) is { } spec && life.Of(await state.FindInProgressAsync(spec, cancellationToken)) is { Clients: { } clients }
                ? [.. StatusCommand.DescribeLate(clients, inTens: false)]
                : [];
        }
        catch (ArtifactStoreException)
        {
            return []; // it is damaged, or is being purged; whoever looks at that one is told
        }
    }

    private static int RecordedRound(OrchestrationMetadata? instance) => instance?.ReadCustomStatusAs<FederationProgress>()?.Round ?? -1;

    private static async Task<RoundInProgress?> FindInProgressAsync(
        StateReader state, ResolvedSpec spec, List<string> damage, CancellationToken cancellationToken)
    {
        try
        {
            return await state.FindInProgressAsync(spec, cancellationToken);
        }
        catch (ArtifactCorruptException exception)
        {
            damage.Add(exception.Message);
            return null;
        }
    }

    private static async Task<IEnumerable<string>> FindModelDamageAsync(StateReader state, string id, CancellationToken cancellationToken)
    {
        try
        {
            await state.CheckModelAsync(id, cancellationToken);
            return [];
        }
        catch (ArtifactCorruptException exception)
        {
            return [exception.Message];
        }
    }

    private static async Task<(FederationResult? Result, List<string> Damage)> ReadResultAsync(
        StateReader state, string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await state.FindResultAsync(id, cancellationToken), []);
        }
        catch (ArtifactCorruptException exception)
        {
            return (null, [exception.Message]);
        }
    }
}
