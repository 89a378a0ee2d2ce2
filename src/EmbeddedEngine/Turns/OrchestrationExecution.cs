using System.Text.Json;
using FlDurable.EmbeddedEngine.Histories;
using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine.Turns;

/// <summary>
/// The code of one execution, brought by its history to where it stands and from there on by new turns. All of it happens on the
/// engine's thread.
/// </summary>
internal sealed class OrchestrationExecution
{
    private readonly OrchestratorRegistration orchestrator;
    private readonly IServiceProvider services;
    private readonly DecisionLog decisions = new();
    private readonly TurnSynchronizationContext turns;
    private readonly OrchestrationContext context;
    private Task<string>? code;

    /// <param name="orchestrator">Whose code.</param>
    /// <param name="identity">For which instance.</param>
    /// <param name="services">Where the orchestrator comes from.</param>
    /// <param name="loggers">Where it logs to.</param>
    /// <param name="onForeignContinuation">Is called, on any thread, when the code goes on outside of its turns.</param>
    public OrchestrationExecution(
        OrchestratorRegistration orchestrator, ExecutionIdentity identity, IServiceProvider services, ILoggerFactory loggers,
        Action onForeignContinuation)
    {
        this.orchestrator = orchestrator;
        this.services = services;
        turns = new TurnSynchronizationContext(onForeignContinuation);
        context = new OrchestrationContext(identity, decisions, turns, loggers);
    }

    /// <summary>The custom status as JSON, or null as long as none was set.</summary>
    public string? CustomStatus => context.CustomStatus;

    /// <summary>What the code decided in the last turn.</summary>
    public IReadOnlyList<Decision> Decisions => decisions.Made;

    /// <summary>Brings the code to where its history ends.</summary>
    /// <returns>Why it can't be brought there, or null.</returns>
    public string? Replay(IEnumerable<RecordedTurn> history)
    {
        foreach (var turn in history)
        {
            if (code is { IsCompleted: true })
                return $"history goes on with a turn at {turn.At:O}, but the code {WhatItDid()}";
            RunTurn(turn.At, turn.Arrivals, turn.Decisions);
            if (decisions.Mismatch is not null)
                return decisions.Mismatch;
        }

        return null;
    }

    /// <summary>Goes on with what has arrived.</summary>
    public TurnOutcome RunTurn(DateTime at, IReadOnlyList<Arrival> arrivals) => RunTurn(at, arrivals, recorded: null);

    private TurnOutcome RunTurn(DateTime at, IReadOnlyList<Arrival> arrivals, IReadOnlyList<Decision>? recorded)
    {
        decisions.BeginTurn(recorded);
        context.BeginTurn(at);
        foreach (var arrival in arrivals)
            turns.Run(() => Deliver(arrival));
        decisions.EndTurn(WhatItDid());
        return Outcome();
    }

    private void Deliver(Arrival arrival)
    {
        if (arrival is ExecutionStarted started)
            code = orchestrator.RunAsync(services, context, started.Input);
        else
            context.Deliver(arrival);
    }

    private TurnOutcome Outcome() => code switch
    {
        { IsFaulted: true } => new TurnOutcome.Failed(FailureReason.Of(code.Exception.InnerException!)),
        { IsCanceled: true } => new TurnOutcome.Failed("the orchestrator was cancelled"),
        { IsCompleted: true } when context.Continuation is { } next =>
            new TurnOutcome.ContinuedAsNew(next.Input, next.PreserveUnprocessedEvents ? context.UnprocessedEvents : []),
        { IsCompleted: true } => Completed(code.Result),
        _ when context.Continuation is not null =>
            new TurnOutcome.Failed("the orchestrator went on after ContinueAsNew; it must be called last, with nothing outstanding"),
        _ when context.IsWaiting => new TurnOutcome.Waiting(),
        _ => new TurnOutcome.Failed(ForeignAwait),
    };

    private static TurnOutcome Completed(string output)
    {
        try
        {
            return new TurnOutcome.Completed(MessageLimit.Check("the orchestrator's output", output));
        }
        catch (MessageTooLargeException e)
        {
            return new TurnOutcome.Failed(e.Message);
        }
    }

    private string WhatItDid() => code switch
    {
        { IsCompletedSuccessfully: true } => "returned",
        { IsFaulted: true } when code.Exception.InnerException is JsonException => "could not read what history has before",
        { IsFaulted: true } => $"threw: {code.Exception.InnerException!.Message}",
        { IsCanceled: true } => "was cancelled",
        _ => "went on waiting",
    };

    /// <summary>Why an orchestrator that awaits a task from elsewhere can't go on.</summary>
    public const string ForeignAwait =
        "the orchestrator awaits a task that is not its context's (or went on elsewhere by ConfigureAwait(false)); "
        + "it could not be replayed";
}
