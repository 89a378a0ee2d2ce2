using System.Globalization;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.Display;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.State;

/// <summary>Whether there is a sign of life of the process that is, or was, at work on federations, as far as it concerns one of them.</summary>
/// <param name="IsAtWork">Whether a process has the state folder, or a node is at work on the task hub.</param>
/// <param name="Sign">Its last sign of life; null where nothing says so.</param>
internal sealed record Liveness(bool IsAtWork, SignOfLife? Sign)
{
    private const int MostSeconds = 120;

    /// <summary>Looks.</summary>
    public static async Task<Liveness> ReadAsync(StateReader state, CancellationToken cancellationToken)
    {
        var sign = await state.FindSignOfLifeAsync(cancellationToken);
        return new Liveness(await state.IsAtWorkAsync(cancellationToken), sign);
    }

    /// <summary>For how many seconds there has been no sign of life, where something should happen to the instance; null if there is one.</summary>
    public int? SilentSecondsOf(OrchestrationMetadata? instance) =>
        Sign is { IsSilent: true } && instance is { RuntimeStatus: OrchestrationRuntimeStatus.Pending or OrchestrationRuntimeStatus.Running }
            ? (int)Math.Min(int.MaxValue, Sign.Ago.TotalSeconds)
            : null;

    /// <summary>What broke the last process that was at work; null while one is, and where it ended otherwise, or was killed.</summary>
    public string? End => IsAtWork ? null : Sign?.End;

    /// <summary>Whether something should happen to the instance and no process is at work.</summary>
    public bool IsInterrupted(OrchestrationMetadata instance) => !IsAtWork && instance.RuntimeStatus is OrchestrationRuntimeStatus.Pending or OrchestrationRuntimeStatus.Running;

    /// <summary>What the process can't do now for an instance and tries again; null if there is nothing.</summary>
    public string? WaitingOf(OrchestrationMetadata? instance) =>
        Sign is { IsSilent: false } && instance is { IsOver: false } && Sign.Waiting.TryGetValue(instance.InstanceId, out var reason) ? reason : null;

    /// <summary>What can be told of a round: while no process is at work, that clients take long and nobody hears of workers says nothing of them.</summary>
    public RoundInProgress? Of(RoundInProgress? round) =>
        round is { Clients: { } clients } && (!IsAtWork || Sign is { IsSilent: true }) ? round with { Clients = clients with { Slow = null, Silent = null } } : round;

    /// <summary>How long there has been no sign of life, in words.</summary>
    public static string Describe(int silentSeconds) => $"no sign of life for {Span(silentSeconds)}";

    /// <summary>How long something has lasted, in words.</summary>
    public static string Span(int seconds) => seconds switch
    {
        < MostSeconds => string.Create(CultureInfo.InvariantCulture, $"{seconds} s"),
        < 60 * MostSeconds => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60} min"),
        _ => $"{Figures.Count(seconds / 3600)} h",
    };
}
